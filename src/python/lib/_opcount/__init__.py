"""The layer between Python and opcount: the bridge, the recorder, and the errors of a program without data."""
