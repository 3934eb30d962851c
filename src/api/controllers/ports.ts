// Access ports.

import { Controller, inject } from "@tsed/di";
import type { PlatformContext } from "@tsed/platform-http";
import { BodyParams, Context } from "@tsed/platform-params";
import { Get, Post, Required, Status, Summary } from "@tsed/schema";
import { noSuchPort } from "../errors.js";
import { ListReply } from "../list_reply.js";
import { PortName } from "../models.js";
import type { VtepOperations } from "../operations.js";
import { OPERATIONS } from "../tokens.js";

@Controller("/ports")
export class PortsController {
  private readonly operations = inject<VtepOperations>(OPERATIONS);
  private readonly reply = inject(ListReply);

  @Get("/")
  @Summary("Access ports")
  list(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.ports());
  }

  @Post("/enable")
  @Status(204)
  @Summary("Brings an err-disabled port back")
  enable(@BodyParams() @Required() port: PortName): void {
    const vlan = port.vlan ?? 0;
    if (!this.operations.enablePort(port.interface, vlan)) throw noSuchPort(port.interface, vlan);
  }
}
