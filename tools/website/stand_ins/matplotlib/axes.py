from matplotlib import Whatever


class Axes(Whatever):
    pass
