// What the test plugins tell DPF of themselves; NAME and LABEL come from the compiler's command line.
#ifndef DISTRHO_PLUGIN_INFO_H_INCLUDED
#define DISTRHO_PLUGIN_INFO_H_INCLUDED

#define DISTRHO_PLUGIN_BRAND "mixbridge tests"
#define DISTRHO_PLUGIN_NAME NAME
#define DISTRHO_PLUGIN_URI "urn:mixbridge:tests:" NAME
#define DISTRHO_PLUGIN_CLAP_ID "mixbridge.tests." NAME

#define DISTRHO_PLUGIN_HAS_UI 0
#define DISTRHO_PLUGIN_IS_RT_SAFE 1
#define DISTRHO_PLUGIN_WANT_LATENCY 1
#ifndef CHANNELS
#define CHANNELS 2
#endif
#define DISTRHO_PLUGIN_NUM_INPUTS CHANNELS
#define DISTRHO_PLUGIN_NUM_OUTPUTS CHANNELS
#define DISTRHO_PLUGIN_VST3_CATEGORIES "Fx|Tools"

#endif
