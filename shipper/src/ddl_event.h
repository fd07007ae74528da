// Which object's present state a DDL event asks to be sent again. Pure.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace shipper {

// What a command says of the life of its object. CREATE OR REPLACE looks like CREATE.
enum class LifeEvent { kChanged, kMade, kMadeOrReplaced };

struct DdlTarget {
  std::string type;      // table | routine | schema | database
  std::string identity;  // as the extension spells it
  std::string before;    // what it was called before this event; "" where that did not change
  // A renamed column of it, raw names; empty otherwise.
  std::string column;
  std::string column_before;
  LifeEvent event = LifeEvent::kChanged;
};

// `payload` is that of a `ddl` feed row. A drop asks for the object's state like anything else: it
// is gone. Nothing for objects that no catalog knows (sequences, grants, triggers).
std::optional<DdlTarget> TargetOfDdl(const nlohmann::json &payload);

// "DROP TABLE public.orders", "ALTER TABLE public.a (was public.b)": for the log.
std::string DescribeDdl(const nlohmann::json &payload);

}  // namespace shipper
