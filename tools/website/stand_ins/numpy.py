from _not_in_this_site import absent

raise absent("numpy")
