using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Ratchet.Service.Admission;
using Ratchet.Service.Http;

namespace Ratchet.Service.Completions;

/// <summary>The routes by which models complete texts.</summary>
internal static class CompletionRoutes
{
    private static readonly string[] Paths = ["/v1/completions", "/v1/chat/completions", "/v1/models"];

    /// <summary>Clients of this path read mistakes in the shape of the OpenAI interface.</summary>
    public static bool Owns(PathString path) => Paths.Any(p => path.StartsWithSegments(p, StringComparison.Ordinal));

    public static void Map(IEndpointRouteBuilder app, CheckService service)
    {
        app.MapPost("/v1/completions", context => CompleteAsync(context, service, chat: false));
        app.MapPost("/v1/chat/completions", context => CompleteAsync(context, service, chat: true));
        app.MapGet("/v1/models", context => context.Response.WriteAsJsonAsync(new { @object = "list", data = service.Models.Select(Shown) }, context.RequestAborted));
        app.MapGet("/v1/models/{**name}", context =>
        {
            var name = context.Request.RouteValues["name"] as string ?? "";
            var model = service.Models.FirstOrDefault(m => m.Name == name)
                ?? throw new RequestRefusedException(404, $"There is no model '{CheckService.Shown(name)}' here.") { Parameter = "model", Code = "model_not_found" };
            return context.Response.WriteAsJsonAsync(Shown(model), context.RequestAborted);
        });
    }

    private static object Shown(ModelDesk model) => new
    {
        id = model.Name, @object = "model", created = model.Created.ToUnixTimeSeconds(), owned_by = "ratchet", max_model_len = model.MaxPositions,
    };

    private static async Task CompleteAsync(HttpContext context, CheckService service, bool chat)
    {
        var client = Pipeline.Client(context);
        using var body = await RequestBody.ReadAsync(context, service, client).ConfigureAwait(false);
        CompletionRequest request;
        using (var document = RequestFields.Parse(body.Bytes))
        {
            try
            {
                request = CompletionRequest.Read(document.RootElement, chat, service.Models, service.Options);
            }
            catch (InvalidOperationException)
            {
                throw new RequestRefusedException(400, "The body holds half of a surrogate pair.");
            }
        }

        body.Release();
        var answer = new CompletionAnswer(request);
        if (request.Stream)
        {
            await StreamAsync(context, service, client, request, answer).ConfigureAwait(false);
            return;
        }

        var json = answer.Whole(await CompletionRun.RunAsync(service, client, request, stream: null, context.RequestAborted).ConfigureAwait(false));
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Server-sent events. A mistake before the first of them is an answer of its own; one after it is an event and ends the stream.</summary>
    private static async Task StreamAsync(HttpContext context, CheckService service, string client, CompletionRequest request, CompletionAnswer answer)
    {
        var pieces = Channel.CreateUnbounded<ChoicePiece>(new UnboundedChannelOptions { SingleReader = true });
        var run = CompleteChannelAsync(CompletionRun.RunAsync(service, client, request, pieces.Writer, context.RequestAborted), pieces.Writer);
        if (run.IsFaulted)
            await run.ConfigureAwait(false);
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        try
        {
            foreach (var data in answer.Begin())
                await context.Response.Body.WriteAsync(data, context.RequestAborted).ConfigureAwait(false);
            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            await foreach (var piece in pieces.Reader.ReadAllAsync(context.RequestAborted).ConfigureAwait(false))
            {
                await context.Response.Body.WriteAsync(answer.Piece(piece), context.RequestAborted).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            }

            foreach (var data in answer.End(await run.ConfigureAwait(false)))
                await context.Response.Body.WriteAsync(data, context.RequestAborted).ConfigureAwait(false);
        }
        catch (RequestRefusedException e)
        {
            await context.Response.Body.WriteAsync(CompletionAnswer.Data(CompletionAnswer.Error(e.Status, e.Message, e.Parameter, e.Code)), context.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            // The pieces' senders end with the request; what they still say is heard by nobody.
            await run.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        }
    }

    private static async Task<CompletionResult> CompleteChannelAsync(Task<CompletionResult> run, ChannelWriter<ChoicePiece> writer)
    {
        try
        {
            return await run.ConfigureAwait(false);
        }
        finally
        {
            writer.TryComplete();
        }
    }
}
