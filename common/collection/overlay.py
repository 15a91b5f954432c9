# SPDX-License-Identifier: Apache-2.0
"""An overlay of community.general in which the rax modules are rackspace.cloud's.

  overlay.py check|make DEST [FROM]

It holds links to all that the real collection has, but for a copy of its
meta/runtime.yml in which our names lead to us. `check' only tells whether it
can be made.
"""

import os
import pathlib
import shutil
import sys

import yaml

from ansible import constants

NAME = pathlib.Path('ansible_collections/community/general')
OURS = pathlib.Path('ansible_collections/rackspace/cloud/plugins/modules')

# The file by which an overlay is known, and its line that says of what.
MARK = 'OVERLAY'
OF = 'Overlay of: '
NOTE = '''{of}{real}
These are links to that collection, and a copy of its meta/runtime.yml in which
{names}
are those of rackspace.cloud.
After an upgrade of community.general, `make overlay' makes it again.
To be rid of it, delete this directory.
'''


def is_overlay(directory):
    return (directory / MARK).is_file()


def searched():
    """The collections paths of Ansible, in its order."""
    for path in list(constants.COLLECTIONS_PATHS) + sys.path:
        path = pathlib.Path(path).expanduser()
        yield path.parent if path.name == 'ansible_collections' else path


def recorded(overlay):
    """Of what the overlay is that is there already, if that still is."""
    if is_overlay(overlay):
        first = (overlay / MARK).read_text().splitlines()[0]
        yield pathlib.Path(first[len(OF):])


def find_real(overlay, given):
    """The real community.general, or None where there is none."""
    if given:
        candidates = [pathlib.Path(given), pathlib.Path(given) / NAME]
    else:
        candidates = [path / NAME for path in searched()] + list(recorded(overlay))
    for directory in candidates:
        if (directory / 'meta/runtime.yml').is_file() and not is_overlay(directory):
            return directory.resolve()
    if given:
        sys.exit('There is no community.general in ' + given)
    return None


def check(overlay, real):
    if overlay.exists() and not is_overlay(overlay):
        sys.exit('{0} is a collection itself, which is not touched: move it to a collections path that'
                 ' comes later, or say another DEST'.format(overlay))


def routes(real, names):
    """What meta/runtime.yml says, with our names leading to us."""
    loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
    runtime = {}
    if real:
        with open(real / 'meta/runtime.yml', encoding='utf-8') as file:
            runtime = yaml.load(file, loader) or {}
    modules = runtime.setdefault('plugin_routing', {}).setdefault('modules', {})
    modules.update({name: {'redirect': 'rackspace.cloud.' + name} for name in names})
    return runtime


def fill(directory, real, names):
    (directory / 'meta').mkdir(parents=True)
    for entry in real.iterdir() if real else []:
        if entry.name != 'meta':
            (directory / entry.name).symlink_to(entry)
    for entry in (real / 'meta').iterdir() if real else []:
        if entry.name != 'runtime.yml':
            (directory / 'meta' / entry.name).symlink_to(entry)
    with open(directory / 'meta/runtime.yml', 'w', encoding='utf-8') as file:
        yaml.dump(routes(real, names), file, getattr(yaml, 'CSafeDumper', yaml.SafeDumper), sort_keys=False)
    (directory / MARK).write_text(NOTE.format(of=OF, real=real or 'no other collection', names=', '.join(names)))


def put(overlay, real, names):
    """In place of the one that is there only when it is whole."""
    new, old = (overlay.with_name('.general.' + word) for word in ('new', 'old'))
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    fill(new, real, names)
    if overlay.exists():
        overlay.rename(old)
    new.rename(overlay)
    shutil.rmtree(old, ignore_errors=True)


def tell(destination, overlay, real):
    print('community.general.rax and the others are ours in {0}, {1}'.format(
        overlay, 'an overlay of {0}'.format(real) if real else 'which has nothing else: there is no community.general'))
    used = next((path / NAME for path in searched() if (path / NAME).is_dir()), None)
    if used is None or not used.samefile(overlay):
        others = [str(path) for path in constants.COLLECTIONS_PATHS if path != str(destination)]
        print('Ansible does not take it yet: put it first, as in\n  export ANSIBLE_COLLECTIONS_PATH='
              + ':'.join([str(destination)] + others))
    print('To be rid of it: rm -r {0}'.format(overlay))


def main(action, destination, given=None):
    destination = pathlib.Path(destination).expanduser().absolute()
    overlay = destination / NAME
    real = find_real(overlay, given)
    check(overlay, real)
    if action == 'check':
        return
    names = sorted(path.stem for path in (destination / OURS).glob('*.yml'))
    put(overlay, real, names)
    tell(destination, overlay, real)


main(*sys.argv[1:])
