# SPDX-License-Identifier: Apache-2.0
"""Runs a module as Ansible does, and says what is wrong where it cannot start.

The modules are executables: on a machine of another kind, or without their
libraries, nothing of theirs can say so. meta/runtime.yml names this for all.
"""

from __future__ import annotations

import pathlib

from ansible.plugins.action.normal import ActionModule as Normal

BUILT_FOR = pathlib.Path(__file__).parents[2] / 'meta' / 'built_for'

# Of the shell, where the file is none that can be run (126) or its loader or a
# library is missing (127), and of the loader, where a library is too old.
NOT_STARTED = (126, 127, 1)


class ActionModule(Normal):

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        # Whatever has started prints its result, also when it fails.
        if (result.get('rc') in NOT_STARTED and result.get('module_stdout') == ''
                and result.get('module_stderr')):
            kind = self._low_level_execute_command('uname -sm').get('stdout', '').strip()
            said = result['module_stderr'].strip().splitlines()[-1]
            # What comes before is the path of the copy that was to run.
            said = said.partition('AnsiballZ_')[2] or said
            result['msg'] = (
                '{0} does not run on {1} ({2}): {3}. It was built for {4}. Install what is missing, or the'
                ' rackspace.cloud that was built for such a machine, or delegate the task to another'.format(
                    self._task.action, (task_vars or {}).get('inventory_hostname', 'this host'),
                    kind or 'a machine of an unknown kind', said, BUILT_FOR.read_text().strip()))
        return result
