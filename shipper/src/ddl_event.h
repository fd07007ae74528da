// Which object's present state a DDL event asks to be sent again. Pure.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace shipper {

struct DdlTarget {
  std::string type;      // table | routine | schema | database
  std::string identity;  // as the extension spells it
};

// `payload` is that of a `ddl` feed row. Nothing for what is not sent: drops and renames of whole
// objects (logged by the caller), and objects that no catalog knows (sequences, grants, triggers).
std::optional<DdlTarget> TargetOfDdl(const nlohmann::json &payload);

// "DROP TABLE public.orders", "ALTER TABLE public.a (was public.b)": for the log.
std::string DescribeDdl(const nlohmann::json &payload);

// A drop or a rename of a whole object.
bool IsDropOrRename(const nlohmann::json &payload);

}  // namespace shipper
