// Text of the database on its way into the page. Every name is hostile until it went through here.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace shipper::report {

// For element content and for attribute values in double quotes. Bytes that are no UTF-8 stay as
// they are: a browser shows a replacement character.
std::string EscapeHtml(std::string_view text);

// JSON for a <script type="application/json">: no '<', '>' or '&' is left, so nothing in it can end
// the element or open a comment. Bytes that are no UTF-8 become U+FFFD.
std::string JsonForScript(const nlohmann::json &value);

// A number as SVG takes it, one decimal at most.
std::string Number(double value);

}  // namespace shipper::report
