"""The robot's side of flashing: Python 3.8 and the standard library. `python3 -m
deploy.runtime.target STEP --root FOLDER`.

In its folder:

    runtime.zip     this code and the control loop, on PYTHONPATH
    config.json     which robot this is, which Python runs the loop, how the service is kept: see
    `config` key.pub         of the one who may sign bundles for it releases/       bundles by their
    SHA-256: DIGEST.bundle, and DIGEST.partial while it is coming in current         a link to the
    release that runs state.json      which release has proved itself, the one before it, and the
    highest version ever seen: see `state` log/            black boxes of the control loop, where
    there is no systemd lock            held by whoever changes any of this service/        what the
    supervisor writes where there is no systemd
"""
