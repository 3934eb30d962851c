{
  "targets": [
    {
      "target_name": "vtepd",
      "sources": [
        "native/addon.cc",
        "native/native_failure.cc",
        "native/arguments.cc",
        "native/netns.cc",
        "native/poller.cc",
        "native/libbpf_log.cc",
        "native/bpf_map.cc",
        "native/bpf_map_bulk.cc",
        "native/bpf_object.cc",
        "native/bpf_program.cc",
        "native/test_run.cc",
        "native/test_run_thread.cc",
        "native/bpf_link.cc",
        "native/clsact.cc",
        "native/tc_filters.cc",
        "native/interface_programs.cc",
        "native/ring_buffer.cc",
        "native/netlink_receive.cc",
        "native/netlink_socket.cc",
        "native/netlink_thread.cc",
        "native/frame_pool.cc",
        "native/packet_socket.cc",
        "native/packet_send.cc",
        "native/tap_device.cc",
        "native/tap_interface.cc",
        "native/gso_device.cc",
        "native/xsk_rings.cc",
        "native/xsk_socket.cc",
        "native/system_interface.cc",
        "native/system_process.cc",
        "native/system_bpffs.cc",
        "native/system_probe.cc"
      ],
      "dependencies": ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except"],
      "defines": ["NAPI_VERSION=9", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
      "cflags_cc": ["-std=c++20", "-Wall", "-Wextra", "-Wno-missing-field-initializers", "<!@(pkg-config --cflags libbpf)"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti"],
      "libraries": ["<!@(pkg-config --libs libbpf)"]
    }
  ]
}
