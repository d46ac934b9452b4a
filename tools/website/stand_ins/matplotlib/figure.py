from matplotlib import Whatever


class Figure(Whatever):
    pass
