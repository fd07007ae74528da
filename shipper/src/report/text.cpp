#include "report/text.h"

#include <cmath>
#include <cstdio>

#include "report/layout.h"

namespace shipper::report {

namespace {

// The bytes of the character that begins with this byte; 1 for what is no UTF-8.
size_t CharacterBytes(unsigned char first) {
  if (first >= 0xF0) return 4;
  if (first >= 0xE0) return 3;
  if (first >= 0xC0) return 2;
  return 1;
}

// How many cells of a monospaced font a character takes: two from Hangul Jamo on.
size_t CharacterCells(std::string_view character) {
  if (character.size() == 4) return 2;
  if (character.size() != 3) return 1;
  const unsigned char first = static_cast<unsigned char>(character[0]);
  const unsigned char second = static_cast<unsigned char>(character[1]);
  const bool wide = first > 0xE2 || (first == 0xE1 && second >= 0x84 && second < 0x88);
  return wide ? 2 : 1;
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  for (char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string JsonForScript(const nlohmann::json &value) {
  const std::string plain = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string safe;
  safe.reserve(plain.size() + plain.size() / 16);
  for (char c : plain) {
    if (c == '<') {
      safe += "\\u003c";
    } else if (c == '>') {
      safe += "\\u003e";
    } else if (c == '&') {
      safe += "\\u0026";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string Number(double value) {
  const double rounded = std::round(value * 10) / 10;
  char text[32];
  std::snprintf(text, sizeof text, rounded == std::floor(rounded) ? "%.0f" : "%.1f", rounded);
  return text;
}

size_t Cells(const std::string &utf8) {
  size_t cells = 0;
  for (size_t i = 0; i < utf8.size();) {
    const size_t bytes = CharacterBytes(static_cast<unsigned char>(utf8[i]));
    cells += CharacterCells(std::string_view(utf8).substr(i, bytes));
    i += bytes;
  }
  return cells;
}

std::string Shorten(const std::string &utf8, size_t max_cells) {
  if (Cells(utf8) <= max_cells) return utf8;
  size_t cells = 0;
  size_t i = 0;
  while (i < utf8.size()) {
    const size_t bytes = CharacterBytes(static_cast<unsigned char>(utf8[i]));
    cells += CharacterCells(std::string_view(utf8).substr(i, bytes));
    if (cells >= max_cells) break;
    i += bytes;
  }
  return utf8.substr(0, i) + "\u2026";
}

}  // namespace shipper::report
