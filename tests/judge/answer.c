/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/judge/answer.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "common/json.h"
#include "common/str.h"

static void judge_upload(const cJSON *json, const struct answer_wanted *wanted,
	struct finding *finding)
{
	int64_t received = json_int(json, "received", -1);
	const char *crc = json_str(json, "crc32");
	char right[9];

	snprintf(right, sizeof(right), "%08" PRIx32, wanted->crc);
	if (received < 0 || (uint64_t)received != wanted->received)
		outcome_set(finding, OUTCOME_WRONG,
			"%" PRIu64 " bytes were sent, it received %" PRId64,
			wanted->received, received);
	else if (!crc || strcasecmp(crc, right))
		outcome_set(finding, OUTCOME_WRONG,
			"its crc32 of what was sent is %.40s, not %s",
			crc ? crc : "missing", right);
}

static void judge_json(const cJSON *json, const struct answer_wanted *wanted,
	struct finding *finding)
{
	const char *path = json_str(json, "path");

	outcome_copy_name(finding->server, json_str(json, "server"));
	outcome_copy_name(finding->build, json_str(json, "build"));
	if (!streq(path, wanted->target))
		outcome_set(finding, OUTCOME_WRONG,
			"it answers %.80s, %.80s was asked for",
			path ? path : "(no path)", wanted->target);
	else if (!*finding->server || !*finding->build)
		outcome_set(finding, OUTCOME_WRONG, "it names no %s",
			*finding->server ? "build" : "server");
	else if (wanted->upload)
		judge_upload(json, wanted, finding);
}

void answer_judge(const struct answer *answer,
	const struct answer_wanted *wanted, struct finding *finding)
{
	struct err e;
	cJSON *json = json_parse(answer->body, answer->length, &e);

	*finding = (struct finding){ .status = answer->status };
	if (json)
		judge_json(json, wanted, finding);
	if (answer->status != 200)
		outcome_set(
			finding, OUTCOME_WRONG, "status %ld", answer->status);
	else if (!json)
		outcome_set(finding,
			answer->bounded ? OUTCOME_WRONG : OUTCOME_TRUNCATED,
			"no JSON in %zu bytes: %.160s", answer->length, e.text);
	cJSON_Delete(json);
}
