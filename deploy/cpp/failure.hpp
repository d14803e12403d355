// How it ends when it does not end well: one line, and an exit status as `python -m deploy` has
// them.
#pragma once

#include <stdexcept>
#include <string>

enum Status { DONE = 0, IMPOSSIBLE = 1, USAGE = 2, REFUSED = 3, FAILED_CHECK = 4 };

struct Failure : std::runtime_error {
    Failure(Status status, const std::string &message)
        : std::runtime_error(message), status(status) {}
    Status status;
};
