// Echoes with unhelpful names and laws of their own: "Far" is a distance in metres, "Again" is what each repeat loses
// in dB (under 0 it runs away), "Dust" takes the highs off in the loop by octaves from the top, "Thin" the lows, in Hz;
// "Self" is the dry sound and "Other" the echoes, whose 50 is unity.
#include "section.hpp"

#include <vector>

START_NAMESPACE_DISTRHO

static const Knob KNOBS[] = {
    {"Self", "q1", "", 0.0f, 100.0f, 100.0f, false}, {"Dust", "q2", "", 0.0f, 5.0f, 1.0f, false},
    {"Far", "q3", "", 1.0f, 300.0f, 40.0f, false},   {"Other", "q4", "", 0.0f, 100.0f, 30.0f, false},
    {"Thin", "q5", "", 20.0f, 1000.0f, 20.0f, false}, {"Again", "q6", "", -3.0f, 40.0f, 12.0f, false},
};

class OddEcho : public Frame {
public:
    OddEcho() : Frame(KNOBS, 6) {}

protected:
    void activate() override {
        for (auto& line : lines_) line.assign(size_t(getSampleRate()) + 1, 0.0);
        for (Section& section : sections_) section = Section();
        at_ = 0;
    }
    void run(const float** inputs, float** outputs, uint32_t frames) override {
        const double rate = getSampleRate(), dry = values_[0] / 100.0, wet = values_[3] / 50.0;
        const size_t late = size_t(std::lround(values_[2] / 343.0 * rate)), size = lines_[0].size();
        const double again = std::pow(10.0, -values_[5] / 20.0);
        sections_[0].cut(2.0 * M_PI * 16000.0 * std::pow(2.0, -double(values_[1])) / rate, true);
        sections_[1].cut(2.0 * M_PI * values_[4] / rate, false);
        for (uint32_t n = 0; n < frames; ++n) {
            for (uint32_t c = 0; c < CHANNELS; ++c) {
                double echo = lines_[c][(at_ + size - late) % size];
                for (Section& section : sections_) echo = section.run(c, echo);
                lines_[c][at_] = inputs[c][n] + again * echo;
                outputs[c][n] = float(dry * inputs[c][n] + wet * echo);
            }
            at_ = (at_ + 1) % size;
        }
    }
    std::vector<double> lines_[CHANNELS] = {};
    Section sections_[2];
    size_t at_ = 0;
};

Plugin* createPlugin() { return new OddEcho(); }

END_NAMESPACE_DISTRHO
