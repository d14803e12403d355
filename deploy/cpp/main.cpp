// replay BUNDLE PUBLIC_KEY: the program of a bundle, run by LibTorch without Python, repeats the
// golden traces and is timed at the control rate.
//
// Exit status: 0 done, 1 it could not be done, 2 wrong arguments, 3 the bundle's form, signature,
// manifest or a hash was refused, 4 a check failed, or program and manifest disagree.

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "bundle.hpp"
#include "golden.hpp"
#include "manifest.hpp"
#include "program.hpp"

using Clock = std::chrono::steady_clock;

constexpr double TOLERANCE = 1e-5;  // Of joint positions [rad].
// Calls before anything is timed: TorchScript compiles in the first ones.
constexpr int WARM_UP = 20;
constexpr int PACED_STEPS = 250;

// What a deviation of the joint positions makes of the other parts of a command.
double allowed(const std::string &command, double period) {
    if (command == "position") return TOLERANCE;
    // A difference of two positions over a control period.
    if (command == "velocity") return TOLERANCE * 2 / period;
    // At most 100 N m/rad of a leg's arms.
    if (command == "torque") return TOLERANCE * 100;
    return 0;
}

bool report(bool passed, const std::string &line) {
    std::cout << (passed ? "pass  " : "FAIL  ") << line << std::endl;
    return passed;
}

template <typename... Figures>
std::string text(const char *format, Figures... figures) {
    char line[200];
    std::snprintf(line, sizeof line, format, figures...);
    return line;
}

// Whether the program repeats the golden traces; a line for each part of the command.
bool replay(Program &program, const Golden &golden, const Manifest &about) {
    std::map<std::string, double> worst;
    for (int64_t step = 0; step < golden.steps; ++step) {
        if (golden.starts(step)) program.reset();
        const std::vector<torch::Tensor> said = program.step(golden.reading(step));
        for (size_t i = 0; i < said.size(); ++i) {
            const std::string &name = about.commands[i].name;
            const double apart = (said[i] - golden.said(name, step)).abs().max().item<double>();
            worst[name] = std::max(worst[name], std::isfinite(apart) ? apart : INFINITY);
        }
    }
    bool passed = true;
    for (const Quantity &command : about.commands) {
        const std::string &name = command.name;
        const double most = allowed(name, about.control_period);
        const std::string figures = text("%ld steps, largest deviation %.1e (at most %.1e)",
                                         golden.steps, worst[name], most);
        passed &= report(worst[name] <= most, "golden replay, " + name + ": " + figures);
    }
    return passed;
}

// Whether a control step is done in time when there is one every `period` [s]: at each the
// processor's caches are cold and its clock low.
bool latency(Program &program, const Golden &golden, double period) {
    program.reset();
    for (int step = 0; step < WARM_UP; ++step) program.step(golden.reading(step % golden.steps));
    std::vector<double> took;
    Clock::time_point due = Clock::now();
    for (int step = 0; step < PACED_STEPS; ++step) {
        const Values reading = golden.reading(step % golden.steps);
        due += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(period));
        std::this_thread::sleep_until(due);
        const Clock::time_point start = Clock::now();
        program.step(reading);
        took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    }
    std::sort(took.begin(), took.end());
    const auto share = [&took](double part) { return took[std::lround(part * (took.size() - 1))]; };
    const std::string figures = text("p50 %.2f ms, p99 %.2f ms, max %.2f ms of %.0f ms", share(0.5),
                                     share(0.99), share(1), 1e3 * period);
    const std::string steps = text(", over %d paced steps", PACED_STEPS);
    return report(share(0.99) < 1e3 * period, "latency: " + figures + steps);
}

int examine(const std::string &path, const std::string &public_key) {
    const auto [about, files] = open_bundle(path, public_key);
    for (const char *name : {"policy.ts", "golden.npz"})
        if (!files.count(name))
            throw Failure(FAILED_CHECK, std::string("the bundle has no ") + name);
    std::cout << path << ": form, signature and hashes are right" << std::endl;
    Program program(files.at("policy.ts"), about);
    const Golden golden(files.at("golden.npz"), about);
    const bool same = replay(program, golden, about);
    const bool in_time = latency(program, golden, about.control_period);
    return same && in_time ? DONE : FAILED_CHECK;
}

// The line of a message that says what went wrong: the first, or the one behind a traceback.
std::string reason(const std::string &message) {
    const std::string mark = "\nRuntimeError: ";
    const size_t found = message.rfind(mark);
    const size_t start = found == message.npos ? 0 : found + mark.size();
    return message.substr(start, message.find('\n', start) - start);
}

int main(int count, char **words) {
    if (count != 3) {
        std::cerr << "usage: replay BUNDLE PUBLIC_KEY" << std::endl;
        return USAGE;
    }
    // A second thread makes the slowest step slower.
    at::set_num_threads(1);
    at::set_num_interop_threads(1);
    const c10::InferenceMode inference;
    try {
        return examine(words[1], words[2]);
    } catch (const Failure &failure) {
        std::cerr << "replay: " << words[1] << ": " << failure.what() << std::endl;
        return failure.status;
    } catch (const std::exception &error) {
        // What was signed cannot be loaded or run.
        std::cerr << "replay: " << words[1] << ": " << reason(error.what()) << std::endl;
        return FAILED_CHECK;
    }
}
