"""A Go2 that is not there: a process of its own that speaks the robot's DDS topics, with physics
behind them.
"""
