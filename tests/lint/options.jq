# SPDX-License-Identifier: Apache-2.0
# What can be wrong with a module's options and its document; each filter yields
# a text for each thing that is. `options' is what --options prints, `doc' the
# .yml as JSON.

# Where ours differ from the Python modules on purpose.
def documented: {
	rax_clb_nodes: [["options", "load_balancer_id", "required"]],
	rax_facts: [["constraints", "required_one_of"]]
};

# Both as {name: {type, elements, default, choices, aliases, required,
# suboptions}}; a word of a document that Ansible would not know stays, and is
# a difference.
def of_module: map_values(
	if .options then .suboptions = (.options | of_module) else . end
	| del(.options, .no_log, .mutually_exclusive, .required_together,
		.required_one_of, .required_if));
def of_document: map_values(del(.description)
	| if .suboptions then .suboptions |= of_document else . end);

def differences($at; $ours; $theirs):
	(($ours + $theirs) | keys[]) as $key | "\($at)\($key)" as $at
	| if ($ours | has($key) | not) then "\($at): the module does not have it"
		elif ($theirs | has($key) | not) then "\($at): is not documented"
		elif $ours[$key] == $theirs[$key] then empty
		elif [$ours[$key], $theirs[$key] | type] == ["object", "object"]
			and ($at | test("default$") | not)
		then differences("\($at)."; $ours[$key]; $theirs[$key])
		else "\($at): \($theirs[$key] | tojson) in the document, \($ours[$key] | tojson) in the module"
		end;

def texts: if type == "array" then .[] else . end;
def undescribed($at): to_entries[] | "\($at)\(.key)" as $at
	| (if ([.value.description | texts | strings] | join("") | length) > 9
		then empty else "\($at): has no description" end),
	  (.value.suboptions // {} | undescribed("\($at)."));

# Of a key of RETURN: what is said of it, and what is in it.
def untold($at): to_entries[] | "\($at)\(.key)" as $at
	| (("description", "type") as $word | select(.value | has($word) | not) | "\($at): has no \($word)"),
	  (select(.value | has("contains") or has("sample") | not) | "\($at): has no sample"),
	  (select($at | test("[.]") | not) | select(.value.returned | not) | "\($at): does not say when it is returned"),
	  (.value.contains // {} | untold("\($at)."));

def document($options; $doc):
	(("DOCUMENTATION", "EXAMPLES", "RETURN") as $key
		| select($doc[$key] | not) | "\($key) is missing"),
	(($doc | keys[]) as $key
		| select(["DOCUMENTATION", "EXAMPLES", "RETURN"] | index($key) | not)
		| "\($key) is none of its keys"),
	(select($doc.DOCUMENTATION.requirements | not)
		| "DOCUMENTATION.requirements is missing"),
	differences("options.";
		$options.options | of_module;
		$doc.DOCUMENTATION.options | of_document),
	($doc.DOCUMENTATION.options | undescribed("options.")),
	(("check_mode", "diff_mode") as $mode
		| select($doc.DOCUMENTATION.attributes[$mode].support != "full")
		| "attributes.\($mode): full support is not documented"),
	($doc.RETURN // {} | untold(""));

# The names in a dict of options that are none. A text may be a template.
def unknown($options):
	select(type == "object") | keys_unsorted[] as $key
	| [$options | to_entries[]
		| select(.key == $key or (.value.aliases // [] | index($key)))
		| .value] as $rows
	| if $rows == [] then $key
		else .[$key] | (if type == "array" then .[] else . end)
			| unknown($rows[0].options // empty) | "\($key).\(.)" end;

# Input: the tasks of the examples.
def examples($options; $name):
	if type != "array" then "they are no list of tasks" else
		[.. | objects | to_entries[]
			| .key |= ltrimstr("rackspace.cloud.")
			| select($options[.key] and (.value | type) != "array")] as $calls
		| (if $calls | map(select(.key == $name)) == []
			then "none uses \($name)" else empty end),
		  ($calls[] | .key as $called | .value | unknown($options[$called].options)
			| "\($called) has no option \(.)"),
		  (.[] | select(.name | not) | "a task has no name: \(tojson)")
	end;

# Input: argspecs.json.
def replaced($options; $doc; $name):
	(documented[$name] // []) as $but
	| (.modules[$name] // empty | delpaths($but)) as $old
	| ($options[$name] | delpaths($but)) as $new
	| ($old.options | keys[] as $key
		| select($new.options[$key] != $old.options[$key])
		| "\($key): \($new.options[$key] | tojson), but in the Python module \($old.options[$key] | tojson)"),
	  ($old.constraints // {} | to_entries[] | .key as $kind | .value[]
		| select(. as $rule | $new.constraints[$kind] // [] | index([$rule]) | not)
		| "\($kind) \(tojson): only the Python module demands it"),
	  (($new.options | keys) - ($old.options | keys) | .[] as $key
		| select([$doc[$name].DOCUMENTATION.options[$key].description | texts]
			| index("The Python module does not have this option.") | not)
		| "\($key): the document does not say that it is new");

# What every module has is described in the same words everywhere.
def shared($options; $doc):
	[$options[].options | keys] as $keys
	| $keys[0][] as $key
	| select(all($keys[]; index($key)))
	| select([$doc[].DOCUMENTATION.options[$key]] | unique | length > 1)
	| "\($key) is described in different words, though all modules have it";

# Input: what ansible-doc -j prints.
def shown($doc):
	($doc | keys[]) as $name
	| if (.[$name].doc.options // {} | keys) != ($doc[$name].DOCUMENTATION.options | keys)
		then "it does not read the options of \($name)"
		elif (.[$name].examples // "") == "" or (.[$name].return // {}) == {}
		then "it does not read the examples or the results of \($name)"
		else empty end;
