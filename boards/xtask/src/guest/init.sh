#!/bin/busybox sh
# The guest's only program: gives the card to vfio-pci, and runs what the kernel's command line asks for.
# Every line that begins with "guest:" is read by the one who started it.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev

result() {
    echo "guest: $1 $2"
}

for module in irqbypass vfio vfio_iommu_type1 vfio-pci-core vfio-pci; do
    insmod "/modules/$module.ko" || result "insmod-$module" $?
done
for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/vendor")" = 0x10ee ] && bdf=$(basename "$device")
done

# Before it has the right driver the reason is told.
slackwater probe "$bdf" 2>&1 && result probe-unbound 0 || result probe-unbound $?
echo vfio-pci > "/sys/bus/pci/devices/$bdf/driver_override"
echo "$bdf" > /sys/bus/pci/drivers_probe
/forky/ld.so --library-path /forky/lib /forky/lspci -s "$bdf" -vv
result lspci $?
slackwater probe "$bdf"
result probe $?
case "$(cat /proc/cmdline)" in
*guest=save*)
    slackwater exercise "$bdf" --save /state
    result exercise $?
    stty -F /dev/ttyS1 raw -echo
    cat /state > /dev/ttyS1
    result state $?
    slackwater save "$bdf" /stream
    result save $?
    slackwater restore "$bdf" /stream
    result restore $?
    slackwater serve --device "$bdf" --socket /served --once &
    while [ ! -S /served ]; do usleep 50000; done
    slackwater exercise --socket /served
    result served $?
    wait
    slackwater log "$bdf" --range 0x40000000:1048576 --time 100ms
    result log $?
    ;;
*guest=restore*)
    slackwater exercise "$bdf" --restore /state
    result completed $?
    ;;
esac
sync
poweroff -f
