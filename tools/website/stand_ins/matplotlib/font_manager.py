from matplotlib import Whatever


class FontProperties(Whatever):
    pass


findfont = Whatever()
get_font = Whatever()
