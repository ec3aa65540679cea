// A limiter with unhelpful names and laws of its own: "Weight" pushes the sound against the lid and so lifts what is
// quiet, "Sky" lowers the lid in fifths of a decibel and what is quiet with it, "Breath" doubles the time in which the
// gain recovers. It holds samples, not true peaks, looks 64 samples ahead and says so.
#include "frame.hpp"

START_NAMESPACE_DISTRHO

static const Knob KNOBS[] = {
    {"Breath", "q1", "", 0.0f, 10.0f, 6.0f, false},
    {"Weight", "q2", "", 0.0f, 24.0f, 0.0f, false},
    {"Sky", "q3", "", 0.0f, 100.0f, 0.0f, false},
};
static constexpr uint32_t AHEAD = 64;

class OddLimiter : public Frame {
public:
    OddLimiter() : Frame(KNOBS, 3) { setLatency(AHEAD); }

protected:
    void activate() override {
        std::memset(line_, 0, sizeof(line_));
        for (double& need : needs_) need = 0.0;
        gain_db_ = 0.0;
        at_ = 0;
    }
    void run(const float** inputs, float** outputs, uint32_t frames) override {
        const double recover = std::exp(-1.0 / (0.001 * std::pow(2.0, values_[0]) * getSampleRate()));
        const double threshold = -values_[1], lid = -0.2 * values_[2];
        const double lift = std::pow(10.0, (lid - threshold) / 20.0);
        for (uint32_t n = 0; n < frames; ++n) {
            double peak = 1e-10;
            for (uint32_t c = 0; c < CHANNELS; ++c) peak = std::max(peak, std::fabs(double(inputs[c][n])));
            needs_[at_] = std::min(threshold - 20.0 * std::log10(peak), 0.0);
            double deepest = 0.0;
            for (const double need : needs_) deepest = std::min(deepest, need);
            gain_db_ = std::min(deepest, recover * gain_db_ + (1.0 - recover) * deepest);
            const double gain = std::pow(10.0, gain_db_ / 20.0) * lift;
            const uint32_t last = (at_ + 1) % (AHEAD + 1);
            for (uint32_t c = 0; c < CHANNELS; ++c) {
                line_[c][at_] = inputs[c][n];
                outputs[c][n] = float(line_[c][last] * gain);
            }
            at_ = last;
        }
    }
    float line_[CHANNELS][AHEAD + 1] = {};
    double needs_[AHEAD + 1] = {};
    double gain_db_ = 0.0;
    uint32_t at_ = 0;
};

Plugin* createPlugin() { return new OddLimiter(); }

END_NAMESPACE_DISTRHO
