// Lists that are asked for without a filter, and the events.

import { Controller, inject } from "@tsed/di";
import type { PlatformContext } from "@tsed/platform-http";
import { Context, QueryParams } from "@tsed/platform-params";
import { Get, Integer, Maximum, Minimum, Summary } from "@tsed/schema";
import { ListReply } from "../list_reply.js";
import type { VtepOperations } from "../operations.js";
import { OPERATIONS } from "../tokens.js";

const MOST_EVENTS = 100_000;

@Controller("/")
export class ViewsController {
  private readonly operations = inject<VtepOperations>(OPERATIONS);
  private readonly reply = inject(ListReply);

  @Get("/neighbors")
  @Summary("Bindings of IP addresses to MACs")
  neighbors(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.neighbors());
  }

  @Get("/vteps")
  @Summary("Remote VTEPs and the ways to them")
  vteps(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.vteps());
  }

  @Get("/routes")
  @Summary("Routes of all VRFs")
  routes(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.routes());
  }

  @Get("/vrfs")
  @Summary("VRFs, their config and counts")
  vrfs(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.vrfs());
  }

  @Get("/bridgeDomains")
  @Summary("Bridge domains, their config and counts")
  bridgeDomains(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.bridgeDomains());
  }

  @Get("/drops")
  @Summary("Frames that were not forwarded, by reason")
  drops(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.drops());
  }

  @Get("/repairs")
  @Summary("Interfaces that repair Ethertypes, and how often they had to")
  repairs(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.repairs());
  }

  @Get("/segments")
  @Summary("Ethernet segments that this VTEP is attached to")
  segments(@Context() context: PlatformContext): Promise<void> {
    return this.reply.send(context, this.operations.segments());
  }

  @Get("/events")
  @Summary("What happened lately, oldest first; with a limit the newest")
  events(
    @QueryParams("limit", Number) @Integer() @Minimum(1) @Maximum(MOST_EVENTS) limit: number | undefined,
    @Context() context: PlatformContext,
  ): Promise<void> {
    return this.reply.send(context, this.operations.events(limit));
  }
}
