__version__ = "2.13.0+opcount"
debug = False
cuda = None
git_version = ""
hip = None
