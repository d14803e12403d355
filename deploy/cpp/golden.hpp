// Golden traces: what the sensors said and what the controller answered, step by step.
#pragma once

#include <string>

#include "manifest.hpp"
#include "npz.hpp"
#include "program.hpp"

// Steps of one robot as the simulator had them, with the manifest's sensors and commands.
class Golden {
  public:
    Golden(const std::string &npz, const Manifest &about)
        : sensors(about.sensors), arrays(::arrays(npz)) {
        steps = trace("starts").numel();
        if (steps == 0) disagree("the golden traces have no steps");
        check_shape("the golden traces' starts", trace("starts"), {steps});
        for (const Quantity &sensor : sensors) check("sensors." + sensor.name, sensor);
        for (const Quantity &command : about.commands) check("commands." + command.name, command);
    }

    bool starts(int64_t step) const { return trace("starts")[step].item<bool>(); }

    torch::Tensor said(const std::string &command, int64_t step) const {
        return row("commands." + command, step);
    }

    Values reading(int64_t step) const {
        Values parts;
        for (const Quantity &sensor : sensors)
            parts.emplace_back(row("sensors." + sensor.name, step));
        return parts;
    }

    int64_t steps = 0;

  private:
    const torch::Tensor &trace(const std::string &name) const {
        const auto found = arrays.find(name);
        if (found == arrays.end()) disagree("the golden traces lack ", name);
        return found->second;
    }

    void check(const std::string &name, const Quantity &quantity) const {
        check_shape("the golden traces' " + name, trace(name), stacked(steps, quantity));
    }

    torch::Tensor row(const std::string &name, int64_t step) const {
        return trace(name).slice(0, step, step + 1);
    }

    Quantities sensors;
    Arrays arrays;
};
