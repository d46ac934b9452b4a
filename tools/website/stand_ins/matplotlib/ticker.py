from matplotlib import Whatever


class FuncFormatter(Whatever):
    pass


class MaxNLocator(Whatever):
    pass
