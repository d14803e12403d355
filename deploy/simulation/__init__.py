"""A robot that is not there: physics behind the motor drivers of `deploy.runtime.link`, for
rehearsals and tests.
"""
