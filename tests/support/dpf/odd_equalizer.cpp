// An equalizer with unhelpful names and laws of its own: two bells whose frequency goes by octaves over 20 Hz, whose
// gain knob runs from 0 to 10 with 5 for none, and whose width is in octaves; then a high-pass by note number.
#include "section.hpp"

START_NAMESPACE_DISTRHO

static const Knob KNOBS[] = {
    {"Colour A", "p1", "", 0.0f, 10.0f, 3.0f, false}, {"Amount A", "p2", "", 0.0f, 10.0f, 5.0f, false},
    {"Focus A", "p3", "", 0.2f, 4.0f, 1.0f, false},   {"Colour B", "p4", "", 0.0f, 10.0f, 7.0f, false},
    {"Amount B", "p5", "", 0.0f, 10.0f, 5.0f, false}, {"Focus B", "p6", "", 0.2f, 4.0f, 1.0f, false},
    {"Body", "p7", "", 0.0f, 100.0f, 0.0f, false},
};

class OddEqualizer : public Frame {
public:
    OddEqualizer() : Frame(KNOBS, 7) {}

protected:
    void activate() override {
        for (Section& section : sections_) section = Section();
    }
    void bell(Section& s, float colour, float amount, float focus) {
        const double w = 2.0 * M_PI * std::min(20.0 * std::pow(2.0, colour), 0.49 * getSampleRate()) / getSampleRate();
        const double A = std::pow(10.0, (amount - 5.0) * 3.0 / 40.0);
        const double alpha = std::sin(w) * std::sinh(std::log(2.0) / 2.0 * focus * w / std::sin(w));
        const double a0 = 1.0 + alpha / A;
        s.b0 = (1.0 + alpha * A) / a0;
        s.b1 = s.a1 = -2.0 * std::cos(w) / a0;
        s.b2 = (1.0 - alpha * A) / a0;
        s.a2 = (1.0 - alpha / A) / a0;
    }
    void highpass(Section& s, float body) {
        // 0 is out of the way (8 Hz), 100 is 512 Hz: six octaves.
        const double w = 2.0 * M_PI * 8.0 * std::pow(2.0, body * 6.0 / 100.0) / getSampleRate();
        const double alpha = std::sin(w) / (2.0 * M_SQRT1_2);
        const double a0 = 1.0 + alpha;
        s.b0 = s.b2 = (1.0 + std::cos(w)) / 2.0 / a0;
        s.b1 = -(1.0 + std::cos(w)) / a0;
        s.a1 = -2.0 * std::cos(w) / a0;
        s.a2 = (1.0 - alpha) / a0;
    }
    void run(const float** inputs, float** outputs, uint32_t frames) override {
        bell(sections_[0], values_[0], values_[1], values_[2]);
        bell(sections_[1], values_[3], values_[4], values_[5]);
        highpass(sections_[2], values_[6]);
        for (uint32_t c = 0; c < CHANNELS; ++c)
            for (uint32_t n = 0; n < frames; ++n) {
                double x = inputs[c][n];
                for (Section& section : sections_) x = section.run(c, x);
                outputs[c][n] = float(x);
            }
    }
    Section sections_[3];
};

Plugin* createPlugin() { return new OddEqualizer(); }

END_NAMESPACE_DISTRHO
