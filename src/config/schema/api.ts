// Config section `api`: where the daemon answers its clients.

import { mapping } from "./keywords.js";

export const apiSchema = mapping({
  description: "Where the daemon answers its clients.",
  required: [],
  default: {},
  properties: {
    socket: {
      type: "string",
      format: "socket-path",
      default: "/run/vtepd/vtepd.sock",
      description: "Unix socket for the command line; --socket of `vtepd run` goes before it.",
    },
    listen: {
      type: "string",
      format: "listen-address",
      description: "Address and TCP port of the HTTP listener; without it there is none.",
    },
    tokenFile: {
      type: "string",
      format: "absolute-path",
      description: "File with the token that HTTP clients must show; listen needs it.",
    },
  },
});
