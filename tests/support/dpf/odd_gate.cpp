// A gate with unhelpful names and laws of its own: "Sill" is an amplitude's logarithm that falls as it rises, "Hush"
// is the depth in steps of 6 dB, "Wake" doubles a time at every step, "Linger" is the root of one, "Fade" is a speed.
// It is hard, follows peaks with 3 ms of memory, and shuts 2 dB below where it opens; "Glow" lifts everything.
#include "frame.hpp"

START_NAMESPACE_DISTRHO

static const Knob KNOBS[] = {
    {"Wake", "q1", "", 0.0f, 8.0f, 5.0f, false},  {"Sill", "q2", "", 0.0f, 1.0f, 1.0f, false},
    {"Glow", "q3", "", -12.0f, 12.0f, 0.0f, false}, {"Fade", "q4", "", 0.0f, 10.0f, 5.0f, false},
    {"Hush", "q5", "", 0.0f, 12.0f, 0.0f, false}, {"Linger", "q6", "", 0.0f, 20.0f, 3.0f, false},
    {"Gem", "q7", "", 0.0f, 1.0f, 0.5f, false},
};

class OddGate : public Frame {
public:
    OddGate() : Frame(KNOBS, 7) {}

protected:
    void activate() override { gain_db_ = peak_ = 0.0; open_ = true; left_ = 0.0; }
    void run(const float** inputs, float** outputs, uint32_t frames) override {
        const double rate = getSampleRate();
        const double attack_s = 0.0002 * std::pow(2.0, values_[0]);
        const double threshold = -70.0 * values_[1];
        const double lift = values_[2];
        const double release_s = 2.0 * std::pow(10.0, -0.25 * values_[3]);
        const double depth = -6.0 * values_[4];
        const double hold = 0.001 * values_[5] * values_[5] * rate;
        const double up = std::exp(-1.0 / (attack_s * rate)), down = std::exp(-1.0 / (release_s * rate));
        const double memory = std::exp(-1.0 / (0.003 * rate));
        for (uint32_t n = 0; n < frames; ++n) {
            double peak = 1e-10;
            for (uint32_t c = 0; c < CHANNELS; ++c) peak = std::max(peak, std::fabs(double(inputs[c][n])));
            peak_ = std::max(peak, memory * peak_);
            const double level = 20.0 * std::log10(peak_);
            open_ = level >= threshold - (open_ ? 2.0 : 0.0);
            left_ = open_ ? hold : std::max(left_ - 1.0, 0.0);
            const double wanted = open_ ? 0.0 : depth;
            if (wanted > gain_db_) gain_db_ = up * gain_db_ + (1.0 - up) * wanted;
            else if (left_ <= 0.0) gain_db_ = down * gain_db_ + (1.0 - down) * wanted;
            const double gain = std::pow(10.0, (gain_db_ + lift) / 20.0);
            for (uint32_t c = 0; c < CHANNELS; ++c) outputs[c][n] = float(inputs[c][n] * gain);
        }
    }
    double gain_db_ = 0.0, peak_ = 0.0, left_ = 0.0;
    bool open_ = true;
};

Plugin* createPlugin() { return new OddGate(); }

END_NAMESPACE_DISTRHO
