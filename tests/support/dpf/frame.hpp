// The part that all test plugins share: names, parameters from a table, and one process call.
#pragma once
#include "DistrhoPlugin.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

START_NAMESPACE_DISTRHO

struct Knob {
    const char* name;
    const char* symbol;
    const char* unit;
    float low, high, start;
    bool logarithmic;
};

class Frame : public Plugin {
public:
    Frame(const Knob* knobs, uint32_t count) : Plugin(count, 0, 0), knobs_(knobs), count_(count) {
        for (uint32_t i = 0; i < count; ++i) values_[i] = knobs[i].start;
    }

protected:
    const char* getLabel() const override { return NAME; }
    const char* getMaker() const override { return "mixbridge tests"; }
    const char* getLicense() const override { return "GPL-3.0-or-later"; }
    uint32_t getVersion() const override { return d_version(1, 0, 0); }
    int64_t getUniqueId() const override {
        uint32_t hash = 2166136261u;
        for (const char* c = NAME; *c; ++c) hash = (hash ^ uint8_t(*c)) * 16777619u;
        return int64_t(hash);
    }
    void initParameter(uint32_t index, Parameter& parameter) override {
        const Knob& knob = knobs_[index];
        parameter.hints = kParameterIsAutomatable | (knob.logarithmic ? kParameterIsLogarithmic : 0);
        parameter.name = knob.name;
        parameter.symbol = knob.symbol;
        parameter.unit = knob.unit;
        parameter.ranges.min = knob.low;
        parameter.ranges.max = knob.high;
        parameter.ranges.def = knob.start;
    }
    float getParameterValue(uint32_t index) const override { return values_[index]; }
    void setParameterValue(uint32_t index, float value) override { values_[index] = value; }

    const Knob* knobs_;
    uint32_t count_;
    float values_[16];
};

END_NAMESPACE_DISTRHO
