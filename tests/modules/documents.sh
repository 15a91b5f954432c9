#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The modules' documents say what the modules do, and ansible-doc reads them; and
# what looks at that finds what is wrong.
set -euo pipefail
cd "$ROOT"
tests/lint/options "$BUILD"
tests/lint/options_can_fail "$BUILD"
