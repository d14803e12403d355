// The TorchScript program of a bundle: it takes its manifest's sensors and gives its commands.
#pragma once

#include <torch/script.h>

#include <sstream>
#include <string>
#include <vector>

#include "failure.hpp"
#include "manifest.hpp"

using Values = std::vector<torch::jit::IValue>;

// The shape of a quantity with a first axis of `size`: a batch, or steps.
inline std::vector<int64_t> stacked(int64_t size, const Quantity &quantity) {
    std::vector<int64_t> sizes = {size};
    sizes.insert(sizes.end(), quantity.shape.begin(), quantity.shape.end());
    return sizes;
}

// Ends it where program, golden traces and manifest do not fit; says `parts`, one after another.
template <typename... Parts>
[[noreturn]] void disagree(const Parts &...parts) {
    throw Failure(FAILED_CHECK, c10::str(parts...));
}

inline void check_shape(const std::string &what, const torch::Tensor &tensor,
                        const std::vector<int64_t> &sizes) {
    const torch::IntArrayRef expected(sizes);
    if (tensor.sizes() != expected)
        disagree(what, " has the shape ", tensor.sizes(), ", by the manifest ", expected);
}

class Program {
  public:
    Program(const std::string &file, const Manifest &about)
        : module(load(file)), commands(about.commands) {
        const c10::FunctionSchema schema = module.get_method("forward").function().getSchema();
        check_arguments(schema, about.sensors);
        check_results(schema, commands);
    }

    // Forget everything: the robot has just been switched on.
    void reset() { module.run_method("reset"); }

    // The manifest's commands for one reading, in its order, with a batch dimension of 1.
    std::vector<torch::Tensor> step(const Values &reading) {
        const torch::IValue said = module.forward(reading);
        std::vector<torch::Tensor> found;
        for (size_t i = 0; i < commands.size(); ++i) {
            found.push_back(said.toTupleRef().elements()[i].toTensor());
            check_shape("the program's " + commands[i].name, found[i], stacked(1, commands[i]));
        }
        return found;
    }

  private:
    static torch::jit::Module load(const std::string &file) {
        std::istringstream stream(file);
        return torch::jit::load(stream);
    }

    static void check_arguments(const c10::FunctionSchema &schema, const Quantities &sensors) {
        // The first argument is the program itself.
        const size_t count = schema.arguments().size() - 1;
        const size_t told = sensors.size();
        if (count != told)
            disagree("the program takes ", count, " inputs, its manifest has ", told, " sensors");
        for (size_t i = 0; i < count; ++i) {
            const std::string &name = schema.arguments()[i + 1].name();
            const std::string &other = sensors[i].name;
            if (name != other)
                disagree("the program takes ", name, " where its manifest has ", other);
        }
    }

    // A program's types are known before it runs, and it keeps them.
    static void check_results(const c10::FunctionSchema &schema, const Quantities &commands) {
        const auto results = schema.returns().at(0).type()->cast<c10::TupleType>();
        if (!results) disagree("the program does not answer with a tuple");
        const size_t count = results->elements().size();
        const size_t told = commands.size();
        if (count != told)
            disagree("the program has ", count, " outputs, its manifest ", told, " commands");
        for (size_t i = 0; i < count; ++i)
            if (results->elements()[i]->kind() != c10::TypeKind::TensorType)
                disagree("the program's ", commands[i].name, " is not a tensor");
    }

    torch::jit::Module module;
    Quantities commands;
};
