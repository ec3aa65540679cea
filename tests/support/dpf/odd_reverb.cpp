// A small reverb with unhelpful names and laws of its own: eight lines that feed each other. "Age" doubles the decay at
// every step, "Gap" is the pre-delay in hundredths of a second, "Wool" damps the highs, "Cellar" and "Attic" take off
// lows and highs of what comes in, "Blend" goes from dry to wet.
#include "section.hpp"

#include <vector>

START_NAMESPACE_DISTRHO

static const Knob KNOBS[] = {
    {"Blend", "q1", "", 0.0f, 100.0f, 30.0f, false}, {"Wool", "q2", "", 0.0f, 1.0f, 0.2f, false},
    {"Age", "q3", "", 0.0f, 5.0f, 2.0f, false},      {"Gap", "q4", "", 0.0f, 20.0f, 0.0f, false},
    {"Cellar", "q5", "", 20.0f, 800.0f, 20.0f, false}, {"Attic", "q6", "", 1.0f, 20.0f, 18.0f, false},
};
static constexpr uint32_t LINES = 8;
static const double LENGTHS[LINES] = {0.0113, 0.0149, 0.0181, 0.0229, 0.0277, 0.0331, 0.0397, 0.0461};

class OddReverb : public Frame {
public:
    OddReverb() : Frame(KNOBS, 6) {}

protected:
    void activate() override {
        const double rate = getSampleRate();
        for (uint32_t k = 0; k < LINES; ++k) lines_[k].assign(size_t(LENGTHS[k] * rate), 0.0);
        for (auto& gap : gaps_) gap.assign(size_t(0.2 * rate) + 1, 0.0);
        for (Section& section : sections_) section = Section();
        for (double& memory : memories_) memory = 0.0;
        for (size_t& place : at_) place = 0;
        gap_at_ = 0;
    }
    void run(const float** inputs, float** outputs, uint32_t frames) override {
        const double rate = getSampleRate(), wet = values_[0] / 100.0, decay_s = 0.25 * std::pow(2.0, values_[2]);
        const double wool = 0.7 * values_[1];
        const size_t late = size_t(values_[3] / 100.0 * rate), size = gaps_[0].size();
        double gains[LINES];
        for (uint32_t k = 0; k < LINES; ++k) gains[k] = std::pow(10.0, -3.0 * LENGTHS[k] / decay_s);
        sections_[0].cut(2.0 * M_PI * values_[4] / rate, false);
        sections_[1].cut(2.0 * M_PI * 1000.0 * values_[5] / rate, true);
        for (uint32_t n = 0; n < frames; ++n) {
            double into[2] = {}, tails[LINES], sum = 0.0, out[2] = {};
            for (uint32_t c = 0; c < CHANNELS; ++c) {
                gaps_[c][gap_at_] = inputs[c][n];
                into[c % 2] = gaps_[c][(gap_at_ + size - late) % size];
                for (Section& section : sections_) into[c % 2] = section.run(c, into[c % 2]);
            }
            for (uint32_t k = 0; k < LINES; ++k) {
                memories_[k] += (1.0 - wool) * (lines_[k][at_[k]] * gains[k] - memories_[k]);
                tails[k] = memories_[k];
                sum += tails[k];
                out[k % 2] += (k & 2 ? -1.0 : 1.0) * tails[k];
            }
            for (uint32_t k = 0; k < LINES; ++k) {
                lines_[k][at_[k]] = tails[k] - 2.0 / LINES * sum + 0.5 * into[k % 2];
                at_[k] = (at_[k] + 1) % lines_[k].size();
            }
            gap_at_ = (gap_at_ + 1) % size;
            for (uint32_t c = 0; c < CHANNELS; ++c)
                outputs[c][n] = float((1.0 - wet) * inputs[c][n] + wet * out[c % 2]);
        }
    }
    std::vector<double> lines_[LINES] = {}, gaps_[2] = {};
    Section sections_[2];
    double memories_[LINES] = {};
    size_t at_[LINES] = {}, gap_at_ = 0;
};

Plugin* createPlugin() { return new OddReverb(); }

END_NAMESPACE_DISTRHO
