// The plugin: when JupyterLab has opened the notebook, it becomes slides.

import { Show } from "./show.js";

const ID = "minbpe-slides:plugin";

function addStyle() {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL("slides.css", import.meta.url).href;
  const loaded = new Promise((resolve) => link.addEventListener("load", resolve));
  document.head.append(link);
  return loaded;
}

// The notebook that the page was asked for, or else the first that is opened, once its cells are there.
async function notebookOf(shell) {
  const { treePath } = JSON.parse(document.getElementById("jupyter-config-data").textContent);
  const isNotebook = (widget) => widget?.content?.widgets && widget.context && widget.sessionContext;
  const isMeant = (widget) => isNotebook(widget) && (!treePath || widget.context.path === treePath);
  const panel = await new Promise((resolve) => {
    const look = () => {
      const found = [...shell.widgets("main")].find(isMeant);
      if (found) resolve(found);
    };
    shell.currentChanged.connect(look);
    look();
  });
  shell.activateById(panel.id);
  await panel.context.ready;
  await panel.revealed;
  await Promise.all(panel.content.widgets.map((cell) => cell.ready));
  return panel;
}

export default {
  id: ID,
  description: "A notebook as slides",
  autoStart: true,
  async activate(app) {
    const styled = addStyle();
    app.restored.then(async () => {
      const [panel, settings] = await Promise.all([
        notebookOf(app.shell),
        app.serviceManager.settings.fetch(ID),
        styled,
      ]);
      const { start = 0, talk = "" } = JSON.parse(settings.raw || "{}");
      new Show(app, panel).begin(start, talk);
    });
  },
};
