"""Lines split over processes: the parts without a process."""
