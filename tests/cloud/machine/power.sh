#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# reboot, shutdown, halt and poweroff of a machine, by the name it is called by.
end=USR2
case ${0##*/} in reboot) end=USR1 ;; esac
for option; do
	case $option in
	-r | --reboot) end=USR1 ;;
	-c) exit 0 ;;
	esac
done
kill -$end "$(cat /run/boot.pid)"
