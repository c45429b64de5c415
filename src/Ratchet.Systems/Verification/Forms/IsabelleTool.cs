using System.Net;
using Ratchet.Runs;
using Ratchet.Verifiers.Isabelle;

namespace Ratchet.Systems.Verification.Forms;

/// <summary>The way to Isabelle: a server that runs already, or one started here.</summary>
internal static class IsabelleTool
{
    /// <summary>The server that options name; without an address, the program starts one.</summary>
    /// <exception cref="RatchetException">The address is none.</exception>
    public static IsabelleServerOptions Options(VerifierOptions options)
    {
        var given = new IsabelleServerOptions();
        given = given with { Program = options.Tool ?? given.Program, Session = options.Project ?? given.Session, Timeout = options.TimeLimit ?? given.Timeout, MaxBusy = options.Threads };
        if (options.Server is not { } server)
            return given;
        if (!IPEndPoint.TryParse(server, out var point) || point.Port == 0)
            throw new RatchetException($"'{server}' is no address of an Isabelle server.", "Give its IP address and port, such as 127.0.0.1:9999, as 'isabelle server' prints them.");
        return given with { Host = point.Address.ToString(), Port = point.Port, Password = options.ServerKey ?? "" };
    }
}
