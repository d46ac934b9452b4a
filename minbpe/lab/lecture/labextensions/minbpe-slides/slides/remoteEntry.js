// What JupyterLab loads, in the form that a bundler would give it, written by hand: the modules beside this file are
// plain JavaScript and need nothing to be built.
(() => {
  const here = document.currentScript.src;
  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB["minbpe-slides"] = {
    init() {},
    async get() {
      const { default: plugin } = await import(new URL("plugin.js", here).href);
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
