// A compressor with unhelpful names and laws of its own: "Squash" lowers the threshold as it rises, "Hardness" is
// 100·(1 − 1/ratio), "Grab" and "Let go" are speeds whose 63 % times fall as they rise, and the smoother works on
// the linear gain, decoupled from the detector, so that no setting nulls against a smoother in decibels.
#include "frame.hpp"

START_NAMESPACE_DISTRHO

static const Knob KNOBS[] = {
    {"Squash", "q1", "", 0.0f, 100.0f, 0.0f, false},  {"Hardness", "q2", "", 0.0f, 95.0f, 50.0f, false},
    {"Grab", "q3", "", 0.0f, 10.0f, 5.0f, false},     {"Let go", "q4", "", 0.0f, 10.0f, 5.0f, false},
    {"Roundness", "q5", "", 0.0f, 1.0f, 0.0f, false}, {"Push", "q6", "", 0.0f, 24.0f, 0.0f, false},
};

class OddCompressor : public Frame {
public:
    OddCompressor() : Frame(KNOBS, 6) {}

protected:
    void activate() override { gain_ = 1.0; }
    void run(const float** inputs, float** outputs, uint32_t frames) override {
        const double threshold = -0.5 * values_[0];
        const double slope = values_[1] / 100.0;
        const double attack_s = 0.1 * std::pow(10.0, -values_[2] * 0.3);
        const double release_s = 2.0 * std::pow(10.0, -values_[3] * 0.2);
        const double knee = 12.0 * values_[4];
        const double makeup = std::pow(10.0, values_[5] / 20.0);
        const double down = std::exp(-1.0 / (attack_s * getSampleRate()));
        const double up = std::exp(-1.0 / (release_s * getSampleRate()));
        for (uint32_t n = 0; n < frames; ++n) {
            double peak = 1e-10;
            for (uint32_t c = 0; c < CHANNELS; ++c) peak = std::max(peak, std::fabs(double(inputs[c][n])));
            const double over = 20.0 * std::log10(peak) - threshold;
            double cut = 0.0;
            if (knee > 0.0 && std::fabs(over) < knee / 2.0)
                cut = slope * (over + knee / 2.0) * (over + knee / 2.0) / (2.0 * knee);
            else if (over > 0.0)
                cut = slope * over;
            const double wanted = std::pow(10.0, -cut / 20.0);
            const double pole = wanted < gain_ ? down : up;
            gain_ = pole * gain_ + (1.0 - pole) * wanted;
            for (uint32_t c = 0; c < CHANNELS; ++c) outputs[c][n] = float(inputs[c][n] * gain_ * makeup);
        }
    }
    double gain_ = 1.0;
};

Plugin* createPlugin() { return new OddCompressor(); }

END_NAMESPACE_DISTRHO
