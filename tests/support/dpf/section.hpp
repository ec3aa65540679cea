// A biquad with a memory for each channel.
#pragma once
#include "frame.hpp"

START_NAMESPACE_DISTRHO

struct Section {
    double b0 = 1, b1 = 0, b2 = 0, a1 = 0, a2 = 0;
    double s1[CHANNELS] = {}, s2[CHANNELS] = {};
    double run(uint32_t c, double x) {
        const double y = b0 * x + s1[c];
        s1[c] = b1 * x - a1 * y + s2[c];
        s2[c] = b2 * x - a2 * y;
        return y;
    }
    void set(double n0, double n1, double n2, double d0, double d1, double d2) {
        b0 = n0 / d0;
        b1 = n1 / d0;
        b2 = n2 / d0;
        a1 = d1 / d0;
        a2 = d2 / d0;
    }
    // A Butterworth low-pass (low) or high-pass at w radians a sample.
    void cut(double w, bool low) {
        const double alpha = std::sin(w) * M_SQRT1_2, a0 = 1.0 + alpha, cosine = std::cos(w);
        const double b = (low ? 1.0 - cosine : 1.0 + cosine) / a0;
        b0 = b2 = b / 2.0;
        b1 = low ? b : -b;
        a1 = -2.0 * cosine / a0;
        a2 = (1.0 - alpha) / a0;
    }
};

END_NAMESPACE_DISTRHO
