"""The addresses of the shop's pages and of its API."""

from django.urls import include, path

from orders import views
from orders.api.products import ProductDetail, ProductList

app_name = "orders"
urlpatterns = [
    path("shop/", views.catalogue, name="catalogue"),
    path("shop/cart/", views.cart, name="cart"),
    path("shop/cart/<slug:slug>/add/", views.cart_add, name="cart-add"),
    path("shop/cart/<slug:slug>/set/", views.cart_set, name="cart-set"),
    path("shop/checkout/", views.checkout, name="checkout"),
    path("shop/orders/", views.order_list, name="orders"),
    path("shop/orders/<uuid:public_id>/", views.order, name="order"),
    path("shop/orders/<uuid:public_id>/status/", views.order_status, name="order-status"),
    path("shop/orders/<uuid:public_id>/cancel/", views.order_cancel, name="order-cancel"),
    path("api/orders/", include("orders.api.urls")),
    path("api/products/", ProductList.as_view(), name="api-products"),
    path("api/products/<slug:slug>/", ProductDetail.as_view(), name="api-product"),
]
