"""Commands of the command line, one file each. They speak to people; the work is done behind them."""
