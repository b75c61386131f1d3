<?php // Signs in a user with the tenant's own HS256 secret. PHP 7.4 or later, no packages.
function part($data) {
    return rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
}

function token($userId, $name, $email) {
    $head = ['alg' => 'HS256', 'typ' => 'JWT', 'kid' => getenv('APP_KID')];
    $claims = ['iss' => getenv('APP_ISSUER'), 'aud' => 'echostream',
        'tid' => getenv('APP_TENANT'), 'sub' => $userId, 'name' => $name, 'email' => $email,
        'iat' => time(), 'exp' => time() + 900];
    $text = part(json_encode($head)) . '.' . part(json_encode($claims));
    return $text . '.' . part(hash_hmac('sha256', $text, getenv('APP_SECRET'), true));
}

$url = getenv('APP_URL') . '/api/v1/channels/' . getenv('APP_CHANNEL') . '/messages';
$options = ['method' => 'POST', 'content' => json_encode(['body' => 'hello from PHP']),
    'header' => ['Content-Type: application/json',
        'Authorization: Bearer ' . token('php-1', 'Paul', 'paul@app.test')]];
file_get_contents($url, false, stream_context_create(['http' => $options]));
echo explode(' ', $http_response_header[0])[1], "\n";
