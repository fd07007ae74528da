// The page itself: HTML with everything in it, no other resource is ever asked for.
//
// A Content-Security-Policy in the page allows its own style and script (by nonce) and nothing
// else; it works from file:// as from any server. Without JavaScript the graph is still there, as a
// picture with tooltips. Script and style are constants of page_style.cpp and script_*.cpp; they
// get the graph as JSON in an element of their own, and put names into the page as text nodes only.
//
//   WritePage(model, LayOut(model), stream);
#pragma once

#include <ostream>

#include "report/layout.h"
#include "report/model.h"

namespace shipper::report {

// Writes the page; the stream's state tells whether all of it went out.
void WritePage(const ReportModel &model, const Layout &layout, std::ostream &out);

// The graph as inlined SVG. For WritePage.
void WriteSvg(const ReportModel &model, const Layout &layout, std::ostream &out);

// The graph as the script reads it. For WritePage.
nlohmann::json PageData(const ReportModel &model, const Layout &layout);

extern const char kPageStyle[];
extern const char kScriptGraph[];   // what is reachable from where
extern const char kScriptDraw[];    // positions, expanded columns, zoom
extern const char kScriptPanel[];   // what is selected, and what is said about it
extern const char kScriptSearch[];  // search, keyboard, start

}  // namespace shipper::report
