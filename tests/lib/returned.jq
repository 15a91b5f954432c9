# SPDX-License-Identifier: Apache-2.0
# In what a module's result, the input, is not as its document says: a text for
# each key that RETURN does not have, or has with another type.

def type_of: {string: "str", boolean: "bool", array: "list", object: "dict"}[type] // "number";

# In check mode what only the cloud can know is a text in angle brackets.
def is_a($kind): . == null or $kind == "raw" or
	(type == "string" and test("^<.+>$")) or
	type_of == ({int: "number", float: "number", path: "str"}[$kind] // $kind);

# row($rows): of the document, for the key that is the input. A name that ends in
# * stands for many.
def row($rows): . as $key | $rows[$key] // ([$rows | to_entries[]
	| select(.key | endswith("*"))
	| select(.key[:-1] as $begin | $key | startswith($begin)) | .value][0]);

def untold($rows; $at): . as $have | keys[] as $key | ($key | row($rows)) as $row
	| "\($at)\($key)" as $at
	| $have[$key]
	| if $row == null then "\($at): is not in RETURN"
		elif is_a($row.type) | not then "\($at): \(tojson[:80]) is no \($row.type)"
		elif $row.contains == null then empty
		elif type == "array" then .[] | untold($row.contains; "\($at)[].")
		elif type == "object" then untold($row.contains; "\($at).")
		else empty end;

# What Ansible itself has names for.
del(.changed, .failed, .msg, .invocation, .warnings, .deprecations, .diff, .exception, ._ansible_new_secrets)
| untold($documents[0][$name].return; "")
