"""The whole controller a second time, in numpy alone: a bundle's second artefact, independent of
torch; one for each kind of robot.

They are written from the same description as `envs.programs`, not from its code, and check it: a
change there that is not made here fails the parity test. One robot with J joints; arrays are 32-bit
floats without a batch dimension; units as in the manifest's sensors and commands.
"""
