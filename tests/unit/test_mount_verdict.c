/* The samples are lines as the kernel shows them inside each kind of container, shortened where the same is
 * said again. */
#include "store/mount_verdict.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "root_folder.h"

#define STORE "/var/lib/fernit"
#define ID "f32bbcb5813406e768a2ec515ce7c923f0b44f3055bf9747e982a491bad5a1a6"
#define ID2 "9f2c1e88d1c64d0c9b61d0c5c8f0e7a2b3d4c5e6f7a8b9c0d1e2f3a4b5c6d7e8"
#define POD "/var/lib/kubelet/pods/90f456dd-e019-48a5-b43b-f79c657d637b"

/* What engines mount around every store. */
#define ENGINE                                                                                     \
    "858 857 0:84 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n"                        \
    "859 857 0:85 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755,inode64\n"                \
    "862 857 0:21 / /sys ro,nosuid,nodev,noexec,relatime - sysfs sysfs rw\n"                       \
    "871 859 0:52 / /dev/shm rw,nosuid,nodev,noexec,relatime - tmpfs shm rw,size=65536k,inode64\n" \
    "868 857 253:0 /var/lib/docker/containers/" ID "/resolv.conf /etc/resolv.conf rw,relatime - "  \
    "ext4 /dev/mapper/ubuntu--vg-ubuntu--lv rw\n"

#define OVERLAY_OF(options, upper)                                                                 \
    "857 770 0:72 / / " options ",relatime master:340 - overlay overlay rw,lowerdir=/var/lib/"     \
    "docker/overlay2/l/6FQCFGALN25TMA5XIQP25OXL4K:/var/lib/docker/overlay2/l/"                     \
    "7GYLCN6XDFHF3F2CM75G54X3TO,upperdir=" upper "/diff,workdir=" upper "/work\n"

#define DOCKER OVERLAY_OF("rw", "/var/lib/docker/overlay2/" ID) ENGINE
#define PODMAN OVERLAY_OF("rw", "/var/lib/containers/storage/overlay/" ID) ENGINE
#define CONTAINERD                                                                                 \
    "205 147 0:58 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/containerd/"              \
    "io.containerd.snapshotter.v1.overlayfs/snapshots/1583/fs,upperdir=/var/lib/containerd/"       \
    "io.containerd.snapshotter.v1.overlayfs/snapshots/1584/fs,workdir=/var/lib/containerd/"        \
    "io.containerd.snapshotter.v1.overlayfs/snapshots/1584/work,nouserxattr\n"

/* A mount at the store, on one of the above or on what has its number. */
#define AT_STORE(root, options, fs) "990 857 253:0 " root " " STORE " " options " - " fs "\n"
#define EXT4 "ext4 /dev/mapper/ubuntu--vg-ubuntu--lv rw"
#define NFS3 "rw,vers=3,rsize=1048576,wsize=1048576,namlen=255,hard,"
#define NFS3_TAIL "proto=tcp,timeo=600,retrans=2,sec=sys,mountaddr=10.0.0.8,mountvers=3,"

enum { BARE = 0 };

static const struct {
    int line;
    const char *mountinfo;
    unsigned marks;
    enum survival survival;
    const char *text;
} table[] = {
    /* --- A container's own layer */
    {ROW, DOCKER, CONTAINER_DOCKER, MOUNT_EPHEMERAL,
     "the container's own writable layer (overlay)"},
    {ROW, DOCKER, BARE, MOUNT_EPHEMERAL, "the container's own writable layer (overlay)"},
    {ROW, PODMAN, CONTAINER_PODMAN, MOUNT_EPHEMERAL,
     "the container's own writable layer (overlay)"},
    {ROW, PODMAN, CONTAINER_PODMAN | CONTAINER_KUBERNETES, MOUNT_EPHEMERAL,
     "the container's own writable layer (overlay)"},
    {ROW, CONTAINERD, BARE, MOUNT_EPHEMERAL, "the container's own writable layer (overlay)"},
    {ROW, CONTAINERD, CONTAINER_KUBERNETES, MOUNT_EPHEMERAL,
     "the container's own writable layer (overlay)"},
    /* Docker mounts with paths that are relative where the absolute ones are too long. */
    {ROW,
     "857 770 0:72 / / rw,relatime - overlay overlay rw,lowerdir=l/6FQC:l/7GYL,upperdir=" ID
     "/diff,workdir=" ID "/work\n",
     BARE, MOUNT_EPHEMERAL, "the container's own writable layer (overlay)"},
    /* BuildKit, in Docker and by itself; Ubuntu's first overlays. */
    {ROW,
     "77 70 0:72 / / rw - overlay overlay "
     "rw,upperdir=/var/lib/docker/overlay2/lhf6rdt2x1fk3q9zj7w0b5nme/diff\n",
     BARE, MOUNT_EPHEMERAL, "the container's own writable layer (overlay)"},
    {ROW,
     "77 70 0:72 / / rw - overlay overlay "
     "rw,upperdir=/var/lib/buildkit/runc-overlayfs/snapshots/snapshots/12/fs\n",
     BARE, MOUNT_EPHEMERAL, "the container's own writable layer (overlay)"},
    {ROW, "77 70 0:72 / / rw - overlayfs none rw,upperdir=/u\n", BARE, MOUNT_EPHEMERAL,
     "the container's own writable layer (overlayfs)"},
    {ROW, "857 770 0:72 / / rw,relatime - overlay overlay rw,lowerdir=/a,upperdir=/b,workdir=/c\n",
     CONTAINER_OTHER, MOUNT_EPHEMERAL, "the container's own writable layer (overlay)"},
    {ROW, "32 1 0:26 / / rw,relatime - overlay overlay rw,lowerdir=/,upperdir=/run/rootfs.upper\n",
     BARE, MOUNT_EPHEMERAL, "a root whose changes lie in a layer above it (overlay)"},
    {ROW,
     "693 572 0:49 / / rw,nodev,relatime - fuse.fuse-overlayfs fuse-overlayfs "
     "rw,user_id=0,group_id=0,default_permissions,allow_other\n" ENGINE,
     CONTAINER_PODMAN, MOUNT_EPHEMERAL, "the container's own writable layer (fuse.fuse-overlayfs)"},
    {ROW, "142 78 0:38 / / rw,relatime - aufs none rw,si=573b861da0b3a05b,dio,dirperm1\n",
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "the container's own writable layer (aufs)"},
    {ROW,
     "367 342 253:1 /rootfs / rw,relatime master:152 - ext4 /dev/mapper/docker-8:1-132673-" ID
     " rw,stripe=16\n",
     BARE, MOUNT_EPHEMERAL, "a container's writable layer (devicemapper)"},
    {ROW, "612 590 8:1 /var/lib/docker/vfs/dir/" ID " / rw,relatime - ext4 /dev/sda1 rw\n",
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "a container's writable layer (vfs)"},
    {ROW,
     "612 590 8:3 /u/.local/share/containers/storage/vfs/dir/" ID
     " / rw,nosuid,nodev,relatime - xfs /dev/sda3 rw,seclabel,attr2\n",
     BARE, MOUNT_EPHEMERAL, "a container's writable layer (vfs)"},
    {ROW,
     "400 365 0:29 /@/var/lib/docker/btrfs/subvolumes/" ID " / rw,relatime master:52 - btrfs "
     "/dev/sda2 rw,space_cache,subvolid=353,subvol=/@/var/lib/docker/btrfs/subvolumes/" ID "\n",
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "a container's writable layer (btrfs)"},
    {ROW,
     "400 365 0:29 /var/lib/containerd/io.containerd.snapshotter.v1.btrfs/active/7 / rw - "
     "btrfs /dev/sda2 rw\n",
     BARE, MOUNT_EPHEMERAL, "a container's writable layer (containerd)"},
    {ROW, "500 431 0:61 / / rw,relatime master:88 - zfs rpool/docker/" ID " rw,xattr,noacl\n",
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "a container's writable layer (zfs)"},
    {ROW, "20 1 0:18 / / rw - 9p none rw,trans=fd,rfdno=4,wfdno=4,dfltuid=4294967294\n",
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "the container's own root file system (9p)"},
    {ROW, "40 1 0:33 /" ID "/rootfs / rw,relatime - virtiofs kataShared rw\n", CONTAINER_KUBERNETES,
     MOUNT_EPHEMERAL, "the container's own root file system (virtiofs)"},
    {ROW, "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n", CONTAINER_DOCKER,
     MOUNT_EPHEMERAL, "the container's own root file system (ext4)"},
    {ROW, "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n",
     CONTAINER_SYSTEM | CONTAINER_KUBERNETES, MOUNT_EPHEMERAL,
     "the container's own root file system (ext4)"},

    /* --- Memory */
    {ROW, DOCKER AT_STORE("/", "rw,nosuid,nodev,noexec,relatime", "tmpfs tmpfs rw,size=65536k"),
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "memory (tmpfs)"},
    {ROW,
     CONTAINERD "990 205 0:44 / " STORE " rw,relatime - tmpfs tmpfs rw,size=8039532k,inode64\n",
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL,
     "memory (tmpfs), as a Kubernetes emptyDir of medium Memory is"},
    {ROW,
     CONTAINERD "990 205 0:44 / " STORE " ro,relatime - tmpfs tmpfs rw,size=8039532k,inode64\n",
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "memory (tmpfs), as a Kubernetes secret is"},
    {ROW, "1 1 0:2 / / rw - rootfs rootfs rw\n", BARE, MOUNT_EPHEMERAL, "memory (rootfs)"},
    {ROW, "1 0 0:2 / /var rw - ramfs none rw\n", BARE, MOUNT_EPHEMERAL, "memory (ramfs)"},
    {ROW, "1 0 0:6 / /var rw - devtmpfs udev rw\n", BARE, MOUNT_EPHEMERAL, "memory (devtmpfs)"},
    {ROW, "1 0 0:6 / /var rw - hugetlbfs none rw\n", BARE, MOUNT_EPHEMERAL, "memory (hugetlbfs)"},
    {ROW, "1 0 252:0 / /var rw - ext4 /dev/zram0 rw\n", BARE, MOUNT_EPHEMERAL, "memory (ext4)"},
    {ROW, "1 0 1:0 / / rw - ext2 /dev/ram0 rw\n", BARE, MOUNT_EPHEMERAL, "memory (ext2)"},
    {ROW, "27 1 8:1 / / rw - ext4 /dev/sda1 rw\n28 27 0:30 / /var rw - tmpfs tmpfs rw\n", BARE,
     MOUNT_EPHEMERAL, "memory (tmpfs)"},

    /* --- Volumes of Docker and Podman */
    {ROW, DOCKER AT_STORE("/var/lib/docker/volumes/fernit/_data", "rw,relatime master:1", EXT4),
     CONTAINER_DOCKER, MOUNT_PERSISTENT, "the volume fernit of this host (ext4)"},
    {ROW, DOCKER AT_STORE("/docker/volumes/app_fernit/_data", "rw,relatime", EXT4),
     CONTAINER_DOCKER, MOUNT_PERSISTENT, "the volume app_fernit of this host (ext4)"},
    {ROW, DOCKER AT_STORE("/var/lib/docker/volumes/fernit/_data/sub/dir", "rw,relatime", EXT4),
     CONTAINER_DOCKER, MOUNT_PERSISTENT, "the volume fernit of this host (ext4)"},
    {ROW, DOCKER AT_STORE("/fernit/_data", "rw,relatime", EXT4), CONTAINER_DOCKER, MOUNT_PERSISTENT,
     "a directory of this host: /fernit/_data (ext4)"},
    {ROW, DOCKER AT_STORE("/var/lib/docker/volumes/" ID2 "/_data", "rw,relatime master:1", EXT4),
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "an anonymous volume"},
    {ROW, DOCKER AT_STORE("/" ID2 "/_data", "rw,relatime", "xfs /dev/sdb1 rw"), CONTAINER_DOCKER,
     MOUNT_EPHEMERAL, "an anonymous volume"},
    {ROW, DOCKER AT_STORE("/@/var/lib/docker/volumes/" ID2 "/_data/sub", "rw", "btrfs /dev/sda rw"),
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "an anonymous volume"},
    /* One that somebody has given a long hexadecimal name of his own is another length. */
    {ROW, DOCKER AT_STORE("/var/lib/docker/volumes/" ID2 "0/_data", "rw", EXT4), CONTAINER_DOCKER,
     MOUNT_PERSISTENT, "the volume " ID2 "0 of this host (ext4)"},
    {ROW, DOCKER AT_STORE("/var/lib/docker/vfs/dir/" ID2, "rw,relatime", EXT4), CONTAINER_DOCKER,
     MOUNT_EPHEMERAL, "a container's writable layer (vfs)"},
    {ROW, PODMAN AT_STORE("/var/lib/containers/storage/volumes/fernit/_data", "rw,nosuid", EXT4),
     CONTAINER_PODMAN, MOUNT_PERSISTENT, "the volume fernit of this host (ext4)"},
    {ROW,
     PODMAN AT_STORE("/u/.local/share/containers/storage/volumes/fernit/_data",
                     "rw,nosuid,nodev,relatime", "btrfs /dev/nvme0n1p3 rw,subvol=/home"),
     CONTAINER_PODMAN, MOUNT_PERSISTENT, "the volume fernit of this host (btrfs)"},
    {ROW,
     PODMAN AT_STORE("/u/.local/share/containers/storage/volumes/" ID2 "/_data",
                     "rw,nosuid,nodev,relatime", "ext4 /dev/nvme0n1p3 rw"),
     CONTAINER_PODMAN, MOUNT_EPHEMERAL, "an anonymous volume"},
    {ROW,
     CONTAINERD "990 205 8:1 /var/lib/nerdctl/1935db59/volumes/default/" ID2 "/_data " STORE
                " rw - ext4 /dev/sda1 rw\n",
     BARE, MOUNT_EPHEMERAL, "an anonymous volume"},
    {ROW,
     PODMAN AT_STORE("/", "rw,nodev,relatime",
                     "overlay overlay rw,lowerdir=/srv/fernit,upperdir=/var/lib/containers/"
                     "storage/overlay-containers/" ID "/userdata/overlay/188/upper"),
     CONTAINER_PODMAN, MOUNT_EPHEMERAL, "a container's writable layer (overlay)"},

    /* --- Directories of the host */
    {ROW, DOCKER AT_STORE("/srv/fernit", "rw,relatime", EXT4), CONTAINER_DOCKER, MOUNT_PERSISTENT,
     "a directory of this host: /srv/fernit (ext4)"},
    {ROW, DOCKER AT_STORE("/srv/my\\040keys", "rw,relatime", "xfs /dev/sdb1 rw,attr2,inode64"),
     CONTAINER_DOCKER, MOUNT_PERSISTENT, "a directory of this host: /srv/my keys (xfs)"},
    {ROW,
     DOCKER AT_STORE("/matt/airflow", "rw,nosuid,nodev,relatime",
                     "fakeowner /run/host_mark/Users rw,fakeowner"),
     CONTAINER_DOCKER, MOUNT_PERSISTENT, "a shared file system (fakeowner)"},
    {ROW, DOCKER AT_STORE("/", "rw,relatime", "xfs /dev/sdb1 rw,attr2"), CONTAINER_DOCKER,
     MOUNT_PERSISTENT, "a file system of its own (xfs)"},
    /* The /etc of some systems is an overlay, and stays. */
    {ROW,
     DOCKER AT_STORE("/fernit", "rw,relatime",
                     "overlay overlay rw,lowerdir=/sysroot/etc,upperdir=/sysroot/var/lib/"
                     "overlay/1/etc,workdir=/sysroot/var/lib/overlay/work-etc"),
     CONTAINER_DOCKER, MOUNT_PERSISTENT, "a directory of this host: /fernit (overlay)"},

    /* --- Kubernetes */
    {ROW, DOCKER AT_STORE(POD "/volumes/kubernetes.io~empty-dir/fernit", "rw,relatime", EXT4),
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "a Kubernetes emptyDir (disk)"},
    {ROW,
     DOCKER AT_STORE("/pods/d4076f24-e53a-11e7-ba15-42010a800002/volumes/"
                     "kubernetes.io~empty-dir/vol1/sub/path",
                     "rw,relatime", "ext4 /dev/nvme1n1 rw"),
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "a Kubernetes emptyDir (disk)"},
    {ROW, DOCKER AT_STORE(POD "/volumes/kubernetes.io~configmap/typha-ca", "ro,relatime", EXT4),
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "a Kubernetes configMap"},
    {ROW, DOCKER AT_STORE(POD "/volumes/kubernetes.io~secret/key", "ro,relatime", EXT4),
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "a Kubernetes secret"},
    {ROW, DOCKER AT_STORE(POD "/volumes/kubernetes.io~projected/all", "ro,relatime", EXT4),
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "a Kubernetes projected volume"},
    {ROW, DOCKER AT_STORE(POD "/volumes/kubernetes.io~downward-api/x", "ro,relatime", EXT4),
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "a Kubernetes downwardAPI volume"},
    {ROW, DOCKER AT_STORE(POD "/volumes/kubernetes.io~git-repo/x", "rw,relatime", EXT4),
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "a Kubernetes gitRepo volume"},
    /* An image's VOLUME, as containerd serves it in a pod. */
    {ROW,
     DOCKER AT_STORE("/var/lib/containerd/io.containerd.grpc.v1.cri/containers/" ID "/volumes/" ID2,
                     "rw,relatime", EXT4),
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "an anonymous volume"},
    {ROW, DOCKER AT_STORE("/var/lib/docker/containers/" ID "/mounts/x", "rw", EXT4),
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "a directory of the container's own"},
    {ROW,
     DOCKER AT_STORE("/lib/containers/storage/overlay-containers/" ID "/userdata/x", "rw", EXT4),
     CONTAINER_KUBERNETES, MOUNT_EPHEMERAL, "a directory of the container's own"},
    {ROW, DOCKER AT_STORE("/", "rw,relatime", "ext4 /dev/nvme1n1 rw"), CONTAINER_KUBERNETES,
     MOUNT_PERSISTENT, "a file system of its own (ext4)"},
    /* subPath: of a block device, and of an NFS share. */
    {ROW, DOCKER AT_STORE("/fernit", "rw,relatime", "ext4 /dev/longhorn/pvc-1ce69c7e rw"),
     CONTAINER_KUBERNETES, MOUNT_PERSISTENT, "a directory of this host: /fernit (ext4)"},
    {ROW, DOCKER AT_STORE("/web/0", "rw,relatime", "nfs4 192.168.178.35:/data rw,vers=4.2"),
     CONTAINER_KUBERNETES, MOUNT_PERSISTENT, "a shared file system (nfs4)"},
    {ROW, DOCKER AT_STORE("/mnt/disks/ssd1/fernit", "rw,relatime", "ext4 /dev/sdb rw"),
     CONTAINER_KUBERNETES, MOUNT_PERSISTENT,
     "a directory of this host: /mnt/disks/ssd1/fernit (ext4)"},

    /* --- Shared by several hosts */
    {ROW,
     DOCKER AT_STORE("/", "rw,relatime",
                     "nfs 10.0.0.8:/srv/share " NFS3 NFS3_TAIL
                     "mountport=49157,local_lock=none,addr=10.0.0.8"),
     CONTAINER_KUBERNETES, MOUNT_PERSISTENT, "a shared file system (nfs)"},
    {ROW, DOCKER AT_STORE("/", "rw,relatime", "cifs //nas/share rw,vers=3.1.1,cache=strict,uid=0"),
     CONTAINER_DOCKER, MOUNT_PERSISTENT, "a shared file system (cifs)"},
    {ROW, DOCKER AT_STORE("/", "rw,relatime", "ceph 10.0.0.1,10.0.0.2:/vols rw,name=csi"),
     CONTAINER_KUBERNETES, MOUNT_PERSISTENT, "a shared file system (ceph)"},
    {ROW, DOCKER AT_STORE("/", "rw,relatime", "fuse.juicefs JuiceFS:minio rw,user_id=0"),
     CONTAINER_KUBERNETES, MOUNT_PERSISTENT, "a shared file system (fuse.juicefs)"},

    {ROW, DOCKER AT_STORE("/vols/a", "rw,relatime", "gpfs gpfs0 rw"), CONTAINER_KUBERNETES,
     MOUNT_PERSISTENT, "a shared file system (gpfs)"},
    /* Its block device is nobody's layer, though the name begins like one. */
    {ROW, DOCKER AT_STORE("/", "rw", "xfs /dev/mapper/docker-lvdata rw"), CONTAINER_DOCKER,
     MOUNT_PERSISTENT, "a file system of its own (xfs)"},

    /* --- Machines, and containers that are like them */
    {ROW, "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard\n", BARE, MOUNT_PERSISTENT,
     "this machine's root file system (ext4)"},
    {ROW, "60 1 0:29 /@ / rw,relatime shared:1 - btrfs /dev/sda2 rw,space_cache,subvol=/@\n", BARE,
     MOUNT_PERSISTENT, "this machine's root file system (btrfs)"},
    {ROW, "60 1 0:29 /@ / rw - btrfs /dev/sda2 rw\n63 60 0:29 /@var /var rw - btrfs /dev/sda2 rw\n",
     BARE, MOUNT_PERSISTENT, "a file system of this machine (btrfs)"},
    {ROW, "29 1 0:26 / / rw,relatime shared:1 - zfs rpool/ROOT/pve-1 rw,xattr,noacl\n", BARE,
     MOUNT_PERSISTENT, "this machine's root file system (zfs)"},
    {ROW,
     "97 71 252:0 /var/lib/lxc/vm1/rootfs / rw,relatime - ext4 /dev/mapper/ubuntu--vg-root "
     "rw,errors=remount-ro\n",
     CONTAINER_SYSTEM, MOUNT_PERSISTENT, "this system container's own disk (ext4)"},
    {ROW,
     "8780 7110 0:880 / / rw,relatime shared:4151 master:4110 - zfs "
     "rpool/data/subvol-204-disk-0 rw,xattr,posixacl\n",
     CONTAINER_SYSTEM, MOUNT_PERSISTENT, "this system container's own disk (zfs)"},
    {ROW, "70 60 0:35 /var/lib/machines/airflow / rw,relatime shared:9 - btrfs /dev/sda3 rw\n",
     CONTAINER_SYSTEM, MOUNT_PERSISTENT, "this system container's own disk (btrfs)"},
    {ROW, "70 60 0:35 /var/lib/machines/.#airflow6a1b2c3d4e5f6071 / rw - btrfs /dev/sda3 rw\n",
     CONTAINER_SYSTEM, MOUNT_EPHEMERAL, "the root of an ephemeral container (btrfs)"},
    {ROW, "97 71 0:50 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/var/lib/lxc/c/delta0\n",
     CONTAINER_SYSTEM, MOUNT_EPHEMERAL, "the container's own writable layer (overlay)"},

    /* --- An engine inside a container: what lies on the outer one's file system is lost with it. */
    {ROW, DOCKER AT_STORE("/var/lib/docker/volumes/" ID2 "/_data/volumes/fernit/_data", "rw", EXT4),
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "an anonymous volume"},
    {ROW, DOCKER AT_STORE("/var/lib/docker/volumes/dind/_data/volumes/fernit/_data", "rw", EXT4),
     CONTAINER_DOCKER, MOUNT_PERSISTENT, "the volume dind of this host (ext4)"},
    {ROW,
     DOCKER AT_STORE("/var/lib/docker/volumes/fernit/_data", "rw,relatime",
                     "overlay overlay rw,lowerdir=/l,upperdir=/var/lib/docker/overlay2/" ID
                     "/diff,workdir=/w"),
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "a container's writable layer (overlay)"},
    {ROW,
     DOCKER AT_STORE(POD "/volumes/kubernetes.io~empty-dir/docker/volumes/fernit/_data", "rw",
                     EXT4),
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "a Kubernetes emptyDir (disk)"},
    {ROW,
     "612 590 8:1 /var/lib/docker/volumes/" ID2 "/_data/vfs/dir/" ID " / rw - ext4 /dev/a rw\n",
     CONTAINER_DOCKER, MOUNT_EPHEMERAL, "a container's writable layer (vfs)"},

    /* --- Nothing to see */
    {ROW, "", CONTAINER_DOCKER, MOUNT_UNKNOWN, "none of the mounts in /proc/self/mountinfo"},
    {ROW, "x\n", BARE, MOUNT_UNKNOWN, "none of the mounts in /proc/self/mountinfo"},
    {ROW, "36 35 8:1 / /data rw - ext4 A rw\n", BARE, MOUNT_UNKNOWN,
     "none of the mounts in /proc/self/mountinfo"},
};

static void tells_what_survives(void **state)
{
    (void)state;
    foreach(row, table) {
        struct mount_verdict verdict;
        mount_classify(row->mountinfo, strlen(row->mountinfo), STORE, row->marks, &verdict);
        if (verdict.survival != row->survival || strcmp(verdict.text, row->text) != 0)
            fail_row(row, "%d, %s", (int)verdict.survival, verdict.text);
        if (verdict.marks != row->marks)
            fail_row(row, "marks %x", verdict.marks);
    }
}

static void tells_what_can_be_written_to(void **state)
{
    (void)state;
    static const struct {
        int line;
        bool read_only;
        const char *mountinfo;
    } modes[] = {
        {ROW, false, DOCKER},
        {ROW, true, OVERLAY_OF("ro", "/var/lib/docker/overlay2/" ID)},
        {ROW, true, "27 1 254:0 / / rw - ext4 /dev/vda ro\n"},
        {ROW, true, "27 1 254:0 / / ro - ext4 /dev/vda rw\n"},
        {ROW, false, "27 1 254:0 / / rw - ext4 /dev/vda rw,errors=remount-ro\n"},
        {ROW, false, OVERLAY_OF("ro", "/u") AT_STORE("/srv", "rw", EXT4)},
        {ROW, true, DOCKER AT_STORE("/srv", "ro", EXT4)},
        {ROW, true, "1 0 7:0 / / ro - squashfs /dev/loop0 ro\n"},
        {ROW, false, ""},
    };
    foreach(row, modes) {
        struct mount_verdict verdict;
        mount_classify(row->mountinfo, strlen(row->mountinfo), STORE, 0, &verdict);
        if (verdict.read_only != row->read_only)
            fail_row(row, "%s: %d", verdict.text, verdict.read_only);
    }
}

static void tells_whose_locks_hold_on_every_host(void **state)
{
    (void)state;
    static const struct {
        int line;
        bool shared;
        const char *file_system;
    } locks[] = {
        {ROW, true, "ext4 /dev/sda1 rw"},
        {ROW, true, "xfs /dev/sda1 rw"},
        {ROW, true, "overlay overlay rw,upperdir=/u"},
        {ROW, true, "tmpfs tmpfs rw"},
        {ROW, true,
         "nfs 10.0.0.8:/s " NFS3 NFS3_TAIL "mountport=9157,local_lock=none,addr=10.0.0.8"},
        {ROW, false, "nfs 10.0.0.8:/s " NFS3 "nolock," NFS3_TAIL "local_lock=all,addr=10.0.0.8"},
        {ROW, false, "nfs 10.0.0.8:/s " NFS3 NFS3_TAIL "local_lock=posix,addr=10.0.0.8"},
        {ROW, true, "nfs 10.0.0.8:/s " NFS3 NFS3_TAIL "local_lock=flock,addr=10.0.0.8"},
        {ROW, true, "nfs4 nas:/s rw,vers=4.2,hard,proto=tcp,local_lock=none,addr=10.0.0.8"},
        {ROW, true, "nfs4 127.0.0.1:/ rw,vers=4.1,noresvport,port=20049,local_lock=none"},
        {ROW, false, "nfs4 nas:/nolock rw,vers=4.0,clientaddr=nolock,local_lock=all"},
        {ROW, false,
         "cifs //nas/share rw,vers=3.1.1,cache=strict,serverino,mapposix,nobrl,actimeo=1"},
        {ROW, true, "cifs //nas/share rw,vers=3.1.1,cache=strict,serverino,mapposix,actimeo=1"},
        {ROW, false, "smb3 //nas/share rw,nobrl"},
        {ROW, true, "ceph 10.0.0.1:/ rw,name=csi"},
        {ROW, true, "lustre 10.0.0.1@tcp:/fs rw,checksum,flock,user_xattr"},
        {ROW, false, "lustre 10.0.0.1@tcp:/fs rw,checksum,localflock,user_xattr"},
        {ROW, false, "lustre 10.0.0.1@tcp:/fs rw,checksum,user_xattr"},
        {ROW, false, "ocfs2 /dev/drbd0 rw,localflocks"},
        {ROW, true, "gfs2 /dev/vg/lv rw"},
        {ROW, false, "gfs2 /dev/vg/lv rw,localflocks"},
        {ROW, true, "gpfs gpfs0 rw"},
        {ROW, true, "fuse.ceph client.admin rw"},
        {ROW, true, "fuse.mfs mfsmaster:9421 rw"},
        {ROW, false, "beegfs beegfs_nodev rw"},
        {ROW, true, "fuse.glusterfs gluster:/vol rw,user_id=0,allow_other"},
        {ROW, true, "fuse.juicefs JuiceFS:minio rw,user_id=0"},
        {ROW, true, "fuse.ceph-fuse ceph-fuse rw"},
        {ROW, false, "fuse.sshfs me@nas:/s rw,user_id=0"},
        {ROW, false, "fuse.s3fs s3fs rw"},
        {ROW, false, "fuse.gcsfuse bucket rw"},
        {ROW, false, "fuse /dev/fuse rw"},
        {ROW, true, "fuse.fuse-overlayfs fuse-overlayfs rw"},
        {ROW, true, "fuseblk /dev/sda1 rw"},
        {ROW, false, "9p share rw,trans=virtio"},
        {ROW, false, "virtiofs virtiofs0 rw"},
        {ROW, false, "vboxsf share rw"},
        /* What Docker Desktop, Lima, OrbStack and others share with containers of their virtual machines. */
        {ROW, false, "fakeowner /run/host_mark/Users rw,fakeowner"},
        {ROW, false, "fakeowner /run/host_mark/private rw"},
        {ROW, false, "virtiofs.virtiofs0 virtiofs0 rw"},
        {ROW, false, "virtiofs mac rw"},
        {ROW, false, "fuse.grpcfuse grpcfuse rw,user_id=0,group_id=0,allow_other"},
        {ROW, false, "fuse.osxfs osxfs rw,user_id=0,group_id=0,allow_other,max_read=1048576"},
        {ROW, false, "grpcfuse grpcfuse rw"},
        {ROW, false, "osxfs osxfs rw"},
    };
    foreach(row, locks) {
        struct mount_verdict verdict;
        char text[512];
        int length = snprintf(text, sizeof text, "1 0 0:9 / / rw - %s\n", row->file_system);
        assert_true(length > 0 && (size_t)length < sizeof text);
        mount_classify(text, (size_t)length, STORE, 0, &verdict);
        if (verdict.locks_are_shared != row->shared)
            fail_row(row, "%s: %d", row->file_system, verdict.locks_are_shared);
    }
    struct mount_verdict unknown;
    mount_classify("", 0, STORE, 0, &unknown);
    assert_true(unknown.locks_are_shared);
}

static void tells_what_a_desktop_shares(void **state)
{
    (void)state;
    static const struct {
        int line;
        bool is_desktop_share;
        const char *file_system;
    } shares[] = {
        {ROW, true, "fakeowner /run/host_mark/Users rw,fakeowner"},
        {ROW, true, "fuse.grpcfuse grpcfuse rw"},
        {ROW, true, "fuse.osxfs osxfs rw"},
        {ROW, true, "grpcfuse grpcfuse rw"},
        {ROW, true, "osxfs osxfs rw"},
        {ROW, true, "virtiofs mac rw"},
        {ROW, true, "virtiofs.virtiofs0 virtiofs0 rw"},
        {ROW, true, "9p C:\\134 rw,aname=drvfs,trans=fd"},
        {ROW, true, "vboxsf share rw"},
        {ROW, false, "fuse.sshfs me@nas:/s rw"},
        {ROW, false, "nfs4 nas:/s rw"},
        {ROW, false, "ext4 /dev/vda1 rw"},
    };
    foreach(row, shares) {
        struct mount_verdict verdict;
        char text[512];
        int length = snprintf(text, sizeof text, "1 0 0:9 /a / rw - %s\n", row->file_system);
        mount_classify(text, (size_t)length, STORE, 0, &verdict);
        if (verdict.is_desktop_share != row->is_desktop_share)
            fail_row(row, "%s: %d", row->file_system, verdict.is_desktop_share);
    }
}

static void says_where_to_move_it_for_who_runs_the_container(void **state)
{
    (void)state;
    static const struct {
        int line;
        unsigned marks;
        const char *move;
    } moves[] = {
        {ROW, CONTAINER_DOCKER, "a named volume: docker run -v fernit:/var/lib/fernit ..."},
        {ROW, CONTAINER_PODMAN, "a named volume: podman run -v fernit:/var/lib/fernit ..."},
        {ROW, CONTAINER_DOCKER | CONTAINER_PODMAN,
         "a named volume: podman run -v fernit:/var/lib/fernit ..."},
        {ROW, CONTAINER_KUBERNETES, "a PersistentVolumeClaim that is not a directory of the host"},
        {ROW, CONTAINER_KUBERNETES | CONTAINER_PODMAN,
         "a PersistentVolumeClaim that is not a directory of the host"},
        {ROW, CONTAINER_SYSTEM, "a volume or a disk that no other machine shares"},
        {ROW, CONTAINER_OTHER, "a volume or a disk that no other machine shares"},
        {ROW, 0, "a volume or a disk that no other machine shares"},
    };
    foreach(row, moves) {
        struct mount_verdict verdict = {.is_desktop_share = true, .marks = row->marks};
        char text[MOUNT_HINTS];
        mount_hint_move(&verdict, text, sizeof text);
        const char *rest = strstr(text, ", to ");
        if (!rest || strcmp(rest + 5, row->move) != 0)
            fail_row(row, "%s", text);
    }
}

static void fields_of_any_length_are_borne(void **state)
{
    (void)state;
    static char text[64 * 1024];
    static const char *const formats[] = {
        "1 0 0:9 /%s / rw - ext4 /dev/a rw\n",
        "1 0 0:9 / / rw - %s /dev/a rw\n",
        "1 0 0:9 / / rw - zfs /%s rw\n",
        "1 0 0:9 / / rw - overlay o rw,upperdir=/%s\n",
        "1 0 0:9 / / rw - ext4 a rw,%s\n",
        "1 0 0:9 / / rw %s - ext4 a rw\n",
        "1 0 0:9 /volumes/%s/_data /var rw - ext4 a rw\n",
    };
    static char field[60 * 1024];
    memset(field, 'f', sizeof field - 1);
    foreach(format, formats) {
        struct mount_verdict verdict = {0};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        int length = snprintf(text, sizeof text, *format, field);
#pragma GCC diagnostic pop
        mount_classify(text, (size_t)length, STORE, CONTAINER_KUBERNETES, &verdict);
        assert_true(verdict.survival != MOUNT_UNKNOWN);
        assert_true(strlen(verdict.text) < sizeof verdict.text);
    }
}

/* --- Looking */

static char *const nothing[] = {NULL};

/* A directory on a mount of its own, which dies. */
static void mount_memory(const char *path)
{
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(mount("none", path, "tmpfs", 0, NULL), 0);
}

static void looks_where_the_path_leads(void **state)
{
    (void)state;
    need_root_folder();
    mount_memory("memory");
    assert_int_equal(mkdir("memory/store", 0700), 0);
    assert_int_equal(symlink("memory/store", "link"), 0);
    assert_int_equal(symlink("nowhere", "memory/dangling"), 0);
    assert_int_equal(mkdir("proc", 0755), 0);
    assert_int_equal(mount("none", "proc", "proc", MS_RDONLY, NULL), 0);
    static const struct {
        const char *path;
        const char *text;
        bool read_only;
    } paths[] = {
        {"memory", "memory (tmpfs)", false},
        {"memory/store", "memory (tmpfs)", false},
        {"link", "memory (tmpfs)", false},
        {"link/../new/new", "memory (tmpfs)", false},
        {"./memory//store/not/yet", "memory (tmpfs)", false},
        {"memory/dangling/new", "memory (tmpfs)", false},
        {"proc/new", "a file system of this machine (proc)", true},
        {"link/../../proc", "a file system of this machine (proc)", true},
    };
    char here[PATH_MAX];
    assert_non_null(getcwd(here, sizeof here));
    foreach(row, paths) {
        char absolute[2 * PATH_MAX];
        snprintf(absolute, sizeof absolute, "%s/%s", here, row->path);
        const char *const ways[] = {row->path, absolute};
        foreach(way, ways) {
            struct mount_verdict verdict;
            mount_verdict_find(*way, nothing, &verdict);
            bool known = strcmp(verdict.text, row->text) == 0 ||
                         (verdict.marks && row->read_only && strstr(verdict.text, "(proc)"));
            if (!known || verdict.read_only != row->read_only)
                fail_msg("%s: %s, read-only %d", *way, verdict.text, verdict.read_only);
        }
    }
    assert_int_equal(umount("proc"), 0);
    assert_int_equal(umount("memory"), 0);
}

static void looks_for_marks_of_a_container(void **state)
{
    (void)state;
    static const struct {
        char *environment[3];
        unsigned marks;
    } marks[] = {
        {{"KUBERNETES_SERVICE_HOST=10.96.0.1"}, CONTAINER_KUBERNETES},
        {{"KUBERNETES_SERVICE_HOST="}, 0},
        {{"container="}, 0},
        {{"container=docker"}, CONTAINER_DOCKER},
        {{"container=podman"}, CONTAINER_PODMAN},
        {{"container=lxc"}, CONTAINER_SYSTEM},
        {{"container=lxc-libvirt"}, CONTAINER_SYSTEM},
        {{"container=systemd-nspawn"}, CONTAINER_SYSTEM},
        {{"container=oci"}, CONTAINER_OTHER},
        {{"CONTAINER=oci", "containers=1"}, 0},
        {{"container=oci", "KUBERNETES_SERVICE_HOST=::1"}, CONTAINER_OTHER | CONTAINER_KUBERNETES},
    };
    struct mount_verdict here;
    mount_verdict_find("/", nothing, &here);
    assert_int_equal((here.marks & CONTAINER_DOCKER) != 0, access("/.dockerenv", F_OK) == 0);
    assert_int_equal((here.marks & CONTAINER_PODMAN) != 0, access("/run/.containerenv", F_OK) == 0);
    foreach(row, marks) {
        struct mount_verdict verdict;
        mount_verdict_find("/", row->environment, &verdict);
        if (verdict.marks != (here.marks | row->marks))
            fail_msg("%s: %x", row->environment[0], verdict.marks);
    }
}

static void does_not_know_without_proc(void **state)
{
    (void)state;
    need_root_folder();
    struct mount_verdict verdict;
    assert_int_equal(mount("none", "/proc", "tmpfs", 0, NULL), 0);
    mount_verdict_find("/", nothing, &verdict);
    assert_int_equal(umount("/proc"), 0);
    assert_int_equal(verdict.survival, MOUNT_UNKNOWN);
    assert_string_equal(verdict.text, "not known: /proc/self/mountinfo: No such file or directory");
    assert_false(verdict.read_only);
    assert_true(verdict.locks_are_shared);
}

static void a_directory_that_is_gone_is_looked_for_from_the_root(void **state)
{
    (void)state;
    need_root_folder();
    struct mount_verdict root;
    struct mount_verdict verdict;
    assert_int_equal(mkdir("gone", 0755), 0);
    assert_int_equal(chdir("gone"), 0);
    assert_int_equal(rmdir("../gone"), 0);
    mount_verdict_find("/", nothing, &root);
    static const char *const paths[] = {"store", "", "a/b"};
    foreach(path, paths) {
        mount_verdict_find(*path, nothing, &verdict);
        assert_string_equal(verdict.text, root.text);
    }
}

/* --- The cure */

static void writes_the_line_that_cures_it(void **state)
{
    (void)state;
#define COMPOSE(path)                                                                              \
    "in Compose: volumes: [\"fernit:" path                                                         \
    "\"] under the service, and volumes: {fernit: } at the "                                       \
    "top level"
    static const struct {
        int line;
        unsigned marks;
        const char *path;
        const char *text;
    } cures[] = {
        {ROW, CONTAINER_DOCKER, STORE,
         "add a volume: docker run -v fernit:" STORE " ...\n" COMPOSE(STORE)},
        {ROW, CONTAINER_OTHER, STORE,
         "add a volume: docker run -v fernit:" STORE " ...\n" COMPOSE(STORE)},
        {ROW, CONTAINER_PODMAN, "/keys",
         "add a volume: podman run -v fernit:/keys ...\n" COMPOSE("/keys")},
        {ROW, CONTAINER_KUBERNETES | CONTAINER_PODMAN, "/keys",
         "add to the container's volumeMounts: - {name: fernit, mountPath: /keys}\n"
         "add to the pod's volumes: - {name: fernit, persistentVolumeClaim: {claimName: fernit}}\n"
         "for replicas on several nodes the claim must be ReadWriteMany"},
        {ROW, 0, "/keys",
         "give --store (FERNIT_STORE) a directory on a disk that stays\n"
         "or, in a container, add a volume: -v fernit:/keys"},
        {ROW, CONTAINER_SYSTEM, "keys",
         "give --store (FERNIT_STORE) a directory on a disk that stays\n"
         "or, in a container, add a volume: -v fernit:/var/lib/fernit"},
        /* What could not be copied as it is. */
        {ROW, CONTAINER_DOCKER, "/my keys",
         "give --store " STORE "\nadd a volume: docker run -v fernit:" STORE
         " ...\n" COMPOSE(STORE)},
        {ROW, CONTAINER_DOCKER, "/a:b",
         "give --store " STORE "\nadd a volume: docker run -v fernit:" STORE
         " ...\n" COMPOSE(STORE)},
        {ROW, CONTAINER_DOCKER, "/",
         "give --store " STORE "\nadd a volume: docker run -v fernit:" STORE
         " ...\n" COMPOSE(STORE)},
    };
    foreach(row, cures) {
        struct mount_verdict verdict = {.survival = MOUNT_EPHEMERAL, .marks = row->marks};
        char text[MOUNT_HINTS];
        mount_hint_volume(&verdict, row->path, text, sizeof text);
        if (strcmp(text, row->text) != 0)
            fail_row(row, "%s", text);
    }
}

static void the_longest_cure_fits(void **state)
{
    (void)state;
    char path[65] = "/";
    memset(path + 1, 'a', 63);
    for (unsigned marks = 0; marks < 32; marks++) {
        struct mount_verdict verdict = {.marks = marks};
        char text[MOUNT_HINTS];
        mount_hint_volume(&verdict, path, text, sizeof text);
        assert_non_null(strstr(text, path));
        assert_true(strlen(text) < sizeof text - 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_survives),
        cmocka_unit_test(tells_what_can_be_written_to),
        cmocka_unit_test(tells_whose_locks_hold_on_every_host),
        cmocka_unit_test(tells_what_a_desktop_shares),
        cmocka_unit_test(says_where_to_move_it_for_who_runs_the_container),
        cmocka_unit_test(fields_of_any_length_are_borne),
        in_folder(looks_where_the_path_leads),
        cmocka_unit_test(looks_for_marks_of_a_container),
        in_folder(does_not_know_without_proc),
        in_folder(a_directory_that_is_gone_is_looked_for_from_the_root),
        cmocka_unit_test(writes_the_line_that_cures_it),
        cmocka_unit_test(the_longest_cure_fits),
    };
    return cmocka_run_group_tests(tests, set_up_root_folder, NULL);
}
