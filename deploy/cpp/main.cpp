// replay BUNDLE PUBLIC_KEY: the program of a bundle, run by LibTorch without Python, repeats the golden traces and is timed at the control rate.
//
// Exit status: 0 done, 1 it could not be done, 2 wrong arguments, 3 the bundle's form, signature or a hash was refused, 4 a check failed.

#include <torch/script.h>

#include <chrono>
#include <cmath>
#include <iostream>
#include <thread>

#include "bundle.hpp"
#include "npz.hpp"

using Clock = std::chrono::steady_clock;
using Values = std::vector<torch::jit::IValue>;

constexpr double TOLERANCE = 1e-5;  // Of joint positions [rad].
constexpr int WARM_UP = 20;         // Calls before anything is timed: TorchScript compiles in the first ones.
constexpr int PACED_STEPS = 250;

// Steps of one robot as the simulator had them, and the program's own names for what it takes and says.
struct Golden {
    std::vector<std::string> sensors, commands;
    Arrays arrays;
    int64_t steps() const { return arrays.at("starts").size(0); }
    bool starts(int64_t step) const { return arrays.at("starts")[step].item<bool>(); }
    torch::Tensor said(const std::string& command, int64_t step) const { return arrays.at("commands." + command).slice(0, step, step + 1); }
    Values reading(int64_t step) const {
        Values parts;
        for (const std::string& name : sensors) parts.emplace_back(arrays.at("sensors." + name).slice(0, step, step + 1));
        return parts;
    }
};

Golden golden_traces(const torch::jit::Module& program, const std::string& npz) {
    Golden golden{{}, {}, arrays(npz)};
    const c10::FunctionSchema schema = program.get_method("forward").function().getSchema();
    for (size_t i = 1; i < schema.arguments().size(); ++i) golden.sensors.push_back(schema.arguments()[i].name());
    for (const c10::Argument& field : schema.returns().at(0).type()->expectRef<c10::TupleType>().schema()->arguments()) golden.commands.push_back(field.name());
    return golden;
}

// What a deviation of the joint positions makes of the other parts of a command.
double allowed(const std::string& command, double period) {
    if (command == "position") return TOLERANCE;
    if (command == "velocity") return TOLERANCE * 2 / period;  // A difference of two positions over a control period.
    if (command == "torque") return TOLERANCE * 100;           // At most 100 N m/rad of a leg's arms.
    return 0;
}

bool report(bool passed, const std::string& line) {
    std::cout << (passed ? "pass  " : "FAIL  ") << line << std::endl;
    return passed;
}

template <typename... Figures>
std::string text(const char* format, Figures... figures) {
    char line[200];
    std::snprintf(line, sizeof line, format, figures...);
    return line;
}

// Whether the program repeats the golden traces; a line for each part of the command.
bool replay(torch::jit::Module& program, const Golden& golden, double period) {
    std::map<std::string, double> worst;
    for (int64_t step = 0; step < golden.steps(); ++step) {
        if (golden.starts(step)) program.run_method("reset");
        const auto said = program.forward(golden.reading(step)).toTuple();
        for (size_t i = 0; i < golden.commands.size(); ++i) {
            const std::string& name = golden.commands[i];
            const double apart = (said->elements()[i].toTensor() - golden.said(name, step)).abs().max().item<double>();
            worst[name] = std::max(worst[name], std::isfinite(apart) ? apart : INFINITY);
        }
    }
    bool passed = true;
    for (const std::string& name : golden.commands) {
        const double most = allowed(name, period);
        const std::string figures = text("%ld steps, largest deviation %.1e (at most %.1e)", golden.steps(), worst[name], most);
        passed &= report(worst[name] <= most, "golden replay, " + name + ": " + figures);
    }
    return passed;
}

// Whether a control step is done in time when there is one every `period` [s]: at each the processor's caches are cold and its clock low.
bool latency(torch::jit::Module& program, const Golden& golden, double period) {
    program.run_method("reset");
    for (int step = 0; step < WARM_UP; ++step) program.forward(golden.reading(step % golden.steps()));
    std::vector<double> took;
    Clock::time_point due = Clock::now();
    for (int step = 0; step < PACED_STEPS; ++step) {
        const Values reading = golden.reading(step % golden.steps());
        due += std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(period));
        std::this_thread::sleep_until(due);
        const Clock::time_point start = Clock::now();
        program.forward(reading);
        took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    }
    std::sort(took.begin(), took.end());
    const auto share = [&took](double part) { return took[std::lround(part * (took.size() - 1))]; };
    const std::string figures = text("p50 %.2f ms, p99 %.2f ms, max %.2f ms of %.0f ms", share(0.5), share(0.99), share(1), 1e3 * period);
    return report(share(0.99) < 1e3 * period, "latency: " + figures + text(", over %d paced steps", PACED_STEPS));
}

torch::jit::Module load(const std::string& file) {
    std::istringstream stream(file);
    return torch::jit::load(stream);
}

int examine(const std::string& bundle, const std::string& public_key) {
    const Files files = open_bundle(bundle, public_key);
    for (const char* name : {"policy.ts", "golden.npz"})
        if (!files.count(name)) throw Failure(FAILED_CHECK, std::string("the bundle has no ") + name);
    std::cout << bundle << ": form, signature and hashes are right" << std::endl;
    // Canonical JSON: of its keys only "commands" stands before this one.
    const std::string &manifest = files.at(MANIFEST), key = "\"control_period\":";
    const double period = std::stod(manifest.substr(manifest.find(key) + key.size()));
    torch::jit::Module program = load(files.at("policy.ts"));
    const Golden golden = golden_traces(program, files.at("golden.npz"));
    const bool same = replay(program, golden, period), in_time = latency(program, golden, period);
    return same && in_time ? DONE : FAILED_CHECK;
}

int main(int count, char** words) {
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
    } catch (const Failure& failure) {
        std::cerr << "replay: " << words[1] << ": " << failure.what() << std::endl;
        return failure.status;
    } catch (const std::exception& error) {
        // What was signed cannot be loaded or run.
        const std::string message = error.what();
        std::cerr << "replay: " << words[1] << ": " << message.substr(0, message.find('\n')) << std::endl;
        return FAILED_CHECK;
    }
}
