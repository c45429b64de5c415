using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Ratchet.Service.Admission;
using Ratchet.Service.Completions;

namespace Ratchet.Service.Http;

/// <summary>The routes.</summary>
internal static class Routes
{
    /// <summary>Adds Kimina's routes and the service's own.</summary>
    public static void Map(IEndpointRouteBuilder app, CheckService service)
    {
        // A client that appends its path to a base address names the verifier by that address.
        foreach (var prefix in new[] { "", "/{verifier}" })
        {
            app.MapPost(prefix + "/api/check", context => CheckAsync(context, service));
            app.MapPost(prefix + "/verify", context => VerifyKiminaAsync(context, service));
            app.MapPost(prefix + "/one_pass_verify_batch", context => VerifyKiminaAsync(context, service));
        }

        app.MapPost("/v1/verify", context => VerifyAsync(context, service));
        app.MapGet("/v1/verifiers", context => context.Response.WriteAsJsonAsync(
            service.Desks.Select(d => new
            {
                name = d.Name, description = d.Open.Entry.Description, statement = d.Open.Entry.StatementForm, proof = d.Open.Entry.ProofForm,
                verifier = d.Open.Verifier.Name, verifier_version = d.Open.Verifier.Version, slots = d.Queue.Slots, pending = d.Queue.Pending,
            }),
            VerdictAnswer.Json,
            context.RequestAborted));
        CompletionRoutes.Map(app, service);
        foreach (var path in new[] { "/", "/health" })
        {
            app.MapGet(path, context =>
            {
                var failed = service.Models.FirstOrDefault(m => !m.Sampler.IsAlive);
                if (failed is not null)
                    context.Response.StatusCode = 503;
                return context.Response.WriteAsJsonAsync(new { status = failed is null ? "ok" : $"the sampler of '{failed.Name}' has stopped" }, context.RequestAborted);
            });
        }
    }

    private static async Task CheckAsync(HttpContext context, CheckService service)
    {
        var client = Pipeline.Client(context);
        using var body = await RequestBody.ReadAsync(context, service, client).ConfigureAwait(false);
        var request = KiminaRequest.ReadCheck(body.Bytes, service.Options.MaxItems);
        body.Release();
        var desk = Desk(context, service);
        var results = await KiminaCheck.RunAsync(service, desk, client, request, context.RequestAborted).ConfigureAwait(false);
        var verifier = request.Debug ? $"{desk.Open.Verifier.Name} {desk.Open.Verifier.Version}" : null;
        await WriteAsync(context, writer => KiminaAnswer.WriteCheck(writer, results, verifier)).ConfigureAwait(false);
    }

    private static async Task VerifyKiminaAsync(HttpContext context, CheckService service)
    {
        var client = Pipeline.Client(context);
        using var body = await RequestBody.ReadAsync(context, service, client).ConfigureAwait(false);
        var request = KiminaRequest.ReadVerify(body.Bytes, service.Options.MaxItems);
        body.Release();
        var results = await KiminaCheck.RunAsync(service, Desk(context, service), client, request, context.RequestAborted).ConfigureAwait(false);
        await WriteAsync(context, writer => KiminaAnswer.WriteVerify(writer, results)).ConfigureAwait(false);
    }

    private static async Task VerifyAsync(HttpContext context, CheckService service)
    {
        var client = Pipeline.Client(context);
        using var body = await RequestBody.ReadAsync(context, service, client).ConfigureAwait(false);
        var request = VerifyRequest.Read(body.Bytes, service.Options.MaxItems);
        body.Release();
        var answers = await ItemCheck.RunAsync(service, service.Find(request.With), client, request.Items, request.Timeout, context.RequestAborted).ConfigureAwait(false);
        if (request.IsBatch)
            await context.Response.WriteAsJsonAsync(new { results = answers }, VerdictAnswer.Json, context.RequestAborted).ConfigureAwait(false);
        else
            await context.Response.WriteAsJsonAsync(answers[0], VerdictAnswer.Json, context.RequestAborted).ConfigureAwait(false);
    }

    private static VerifierDesk Desk(HttpContext context, CheckService service)
    {
        var name = context.Request.RouteValues["verifier"] as string;
        if (name is not null && service.Desks.All(d => d.Name != name))
            throw new RequestRefusedException(404, $"There is no verifier '{CheckService.Shown(name)}' here; there is {string.Join(", ", service.Desks.Select(d => d.Name))}.");
        return service.Find(name);
    }

    private static async Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        var writer = new Utf8JsonWriter(context.Response.BodyWriter, new JsonWriterOptions { Encoder = VerdictAnswer.Json.Encoder });
        await using (writer.ConfigureAwait(false))
            write(writer);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
