"""What stands between Python and opcount: the bridge, what is being recorded, and the errors of a program without data."""
