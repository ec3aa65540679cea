// A gain plugin with a fault chosen by FAULT: what bad plugins do, on purpose.
//   0 none  1 crashes after a second  2 hangs while loading  3 gives NaN after half a second  4 gives silence
//   5 is late by 512 samples and says so  6 differs from run to run  7 aborts while loading  8 hangs after a second
//   9 is late by 512 samples and says nothing  10 runs away
#include "frame.hpp"

#include <chrono>
#include <random>
#include <thread>

START_NAMESPACE_DISTRHO

static const Knob KNOBS[] = {{"Gain", "gain", "dB", -24.0f, 24.0f, 0.0f, false}};
static constexpr uint32_t LATE = 512;

class Faulty : public Frame {
public:
    Faulty() : Frame(KNOBS, 1) {
        if (FAULT == 2) for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
        if (FAULT == 7) std::abort();
        if (FAULT == 5) setLatency(LATE);
    }

protected:
    void activate() override {
        std::memset(line_, 0, sizeof(line_));
        at_ = played_ = 0;
        growth_ = 1.0f;
    }
    void run(const float** inputs, float** outputs, uint32_t frames) override {
        const float gain = std::pow(10.0f, values_[0] / 20.0f);
        const double second = getSampleRate();
        for (uint32_t n = 0; n < frames; ++n, ++played_) {
            if (FAULT == 1 && sounds_ && played_ > second) *static_cast<volatile int*>(nullptr) = 1;
            if (FAULT == 8 && sounds_ && played_ > second) for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
            for (uint32_t c = 0; c < CHANNELS; ++c) {
                const float in = inputs[c][n];
                sounds_ = sounds_ || in != 0.0f;
                float out = in * gain;
                if (FAULT == 3 && sounds_ && played_ > second / 2) out = NAN;
                if (FAULT == 4) out = 0.0f;
                if (FAULT == 6) out *= 0.9f + 0.2f * noise_(random_);
                if (FAULT == 10 && sounds_) out = (growth_ = std::min(growth_ * 1.01f, 1e9f)) * in;
                if (FAULT == 5 || FAULT == 9) std::swap(out, line_[c][at_]);
                outputs[c][n] = out;
            }
            at_ = (at_ + 1) % LATE;
        }
    }

    float line_[CHANNELS][LATE] = {};
    uint32_t at_ = 0;
    double played_ = 0;
    bool sounds_ = false;
    float growth_ = 1.0f;
    std::mt19937 random_{std::random_device{}()};
    std::uniform_real_distribution<float> noise_{0.0f, 1.0f};
};

Plugin* createPlugin() { return new Faulty(); }

END_NAMESPACE_DISTRHO
