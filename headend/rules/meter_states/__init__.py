"""Rules that judge the states of meters by what they tell; one file each, listed in `book`."""
