"""The dress rehearsal: everything that happens between a policy and a robot, on this machine,
without a robot. `make robot-demo`.
"""
